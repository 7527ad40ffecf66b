package io.espalier.actors.http;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * Files of the class path that a listing names, read once. No path of a client is ever joined to one of ours: each file is
 * a route, and what has no route does not exist.
 */
final class StaticFiles {
    /** In the folder: one line a file, its name, a space and its content type; # begins a comment. */
    static final String LISTING = "files.txt";

    private static final String HOME = "index.html";

    private StaticFiles() {}

    /** A file that is served. */
    private record StaticFile(ContentType type, byte[] content, HttpHeader tag) {
        private HttpResponse serve(Call call) {
            if (call.header("If-None-Match").filter(tag.value()::equals).isPresent()) {
                return HttpResponse.create().withStatus(304).addHeader(tag).addHeader(Replies.REVALIDATE);
            }
            return Replies.bytes(200, type, content).addHeader(tag).addHeader(Replies.REVALIDATE);
        }
    }

    /**
     * A route for each file of the listing, and for / the one named index.html.
     *
     * @param folder on the class path, with a slash at its beginning and end
     */
    static List<Route> routes(String folder) {
        List<Route> routes = new ArrayList<>();
        for (String[] listed : listing(folder)) {
            StaticFile file = read(folder + listed[0], ContentTypes.parse(listed[1]));
            routes.add(Route.get("/" + listed[0], Access.OPEN, "", file::serve));
            if (listed[0].equals(HOME)) {
                routes.add(Route.get("/", Access.OPEN, "", file::serve));
            }
        }
        return routes;
    }

    /** A route for one resource. */
    static Route one(String path, Access access, String operation, String resource, ContentType type) {
        return Route.get(path, access, operation, read(resource, type)::serve);
    }

    private static List<String[]> listing(String folder) {
        Stream<String> lines = new String(bytes(folder + LISTING), StandardCharsets.UTF_8).lines();
        return lines.map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.split(" +", 2))
                .toList();
    }

    private static StaticFile read(String resource, ContentType type) {
        byte[] content = bytes(resource);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            String tag = '"' + HexFormat.of().formatHex(digest, 0, 16) + '"';
            return new StaticFile(type, content, RawHeader.create("ETag", tag));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String resource) {
        try (InputStream stream = StaticFiles.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw Refused.notFound(resource, "is missing from the class path");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }
}
