package io.espalier.actors.report;

import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts as PNG files, in one look. */
public final class Chart {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final int DPI = 144;
    private static final Color[] PALETTE = {
        new Color(0x2f6f4f), new Color(0xb5651d), new Color(0x3b5b92), new Color(0x8c3b4a), new Color(0x7a7a7a)
    };

    private static final Color[] LIGHT_PALETTE = {
        new Color(0xa9d3bb), new Color(0xe8c39a), new Color(0xa9bfe6), new Color(0xdba9b3), new Color(0xcccccc)
    };

    private Chart() {}

    /** A line of a chart, by its points. */
    public record Line(String name, List<? extends Number> x, List<? extends Number> y) {}

    /** Draws lines over a common x. */
    public static void lines(Path png, String title, String xTitle, String yTitle, List<Line> lines) {
        XYChart chart = chart(title, xTitle, yTitle);
        lines.forEach(line -> chart.addSeries(line.name(), line.x(), line.y()).setMarker(SeriesMarkers.NONE));
        save(chart, png);
    }

    /** Points in a plane; a series without any is left out. */
    public static void points(Path png, String title, String xTitle, String yTitle, List<Line> series) {
        XYChart chart = chart(title, xTitle, yTitle);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        for (Line line : series) {
            if (!line.x().isEmpty()) {
                chart.addSeries(line.name(), line.x(), line.y()).setMarker(SeriesMarkers.CIRCLE);
            }
        }
        save(chart, png);
    }

    private static XYChart chart(String title, String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        style(chart.getStyler());
        return chart;
    }

    /** Draws one bar for each category and series. */
    public static void bars(
            Path png, String title, String yTitle, List<String> categories, Map<String, List<Double>> series) {
        CategoryChart chart = barChart(title, yTitle);
        // Values stand on the bars, so the bars are light enough to read them.
        chart.getStyler()
                .setLabelsVisible(true)
                .setLabelsFontColor(Color.BLACK)
                .setLabelsFontColorAutomaticEnabled(false)
                .setAvailableSpaceFill(0.7);
        chart.getStyler().setDecimalPattern("0.000").setSeriesColors(LIGHT_PALETTE);
        series.forEach((name, values) -> chart.addSeries(name, categories, values));
        save(chart, png);
    }

    /**
     * Draws one bar for each category, in the colour of the one series that has a value for it; the others have null.
     */
    public static void partition(
            Path png, String title, String yTitle, List<String> categories, Map<String, List<Double>> series) {
        CategoryChart chart = barChart(title, yTitle);
        chart.getStyler().setOverlapped(true).setAvailableSpaceFill(0.7);
        series.forEach((name, values) -> chart.addSeries(name, categories, values));
        save(chart, png);
    }

    private static CategoryChart barChart(String title, String yTitle) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(yTitle)
                .build();
        style(chart.getStyler());
        return chart;
    }

    private static void save(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart, Path png) {
        try {
            BitmapEncoder.saveBitmapWithDPI(chart, png.toString(), BitmapFormat.PNG, DPI);
        } catch (IOException e) {
            throw new UncheckedIOException(png.toString(), e);
        }
    }

    private static void style(Styler styler) {
        styler.setSeriesColors(PALETTE);
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setLegendPosition(Styler.LegendPosition.InsideNE);
        styler.setLegendBorderColor(Color.WHITE);
    }
}
