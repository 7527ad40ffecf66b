package io.espalier.actors.job;

import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.Session;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.cache.StateCache;
import io.espalier.gpu.checkpoint.LoadProgress;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.CachedTeacher;
import io.espalier.gpu.train.LocalTeacher;
import io.espalier.gpu.train.Teacher;
import io.espalier.gpu.train.TeachingStage;
import io.espalier.gpu.train.WholeTeacher;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the teacher of a request on a rank: the whole of it, with the cache of its signals, or one stage. */
public final class TeacherRank {
    private static final Logger LOG = LoggerFactory.getLogger(TeacherRank.class);

    private TeacherRank() {}

    /** A stage for links from elsewhere; 0 of 1 is the whole teacher. Only a whole one has a cache. */
    public static RankFactory of(TrainRequest request, int stage, int stages) {
        FeatureLoss features = features(request);
        StateCache cache = stages > 1 ? null : cache(request.economy(), LOG::warn);
        return progress -> {
            Torch torch = request.compute().open();
            FaultPoint.TEACHER_LOADING.reached();
            try {
                return new Session.OfStage(
                        stages == 1
                                ? new WholeTeacher(open(torch, request.teacher(), features, cache, progress))
                                : TeachingStage.open(torch, request.teacher(), features, stage, stages, progress));
            } catch (RuntimeException e) {
                torch.close();
                throw e;
            }
        };
    }

    /**
     * A whole teacher for a student of the same process.
     *
     * @param cache null for none
     */
    public static RankFactory whole(ComputeSettings compute, Path teacher, FeatureLoss features, StateCache cache) {
        return progress -> {
            Torch torch = compute.open();
            try {
                return new Session.OfTeacher(open(torch, teacher, features, cache, progress));
            } catch (RuntimeException e) {
                torch.close();
                throw e;
            }
        };
    }

    public static FeatureLoss features(TrainRequest request) {
        return request.teacher() == null
                ? FeatureLoss.NONE
                : FeatureMap.of(request.features(), request.start().directory(), request.teacher());
    }

    /** Opens the cache of the teacher's signals; null where the settings name none. */
    static StateCache cache(Economy economy, Consumer<String> say) {
        return economy.teacherCache() == null
                ? null
                : StateCache.open(
                        economy.teacherCache(),
                        economy.teacherCacheBytes(),
                        Clock.systemUTC(),
                        line -> say.accept("teacher cache: " + line));
    }

    private static Teacher open(
            Torch torch, Path teacher, FeatureLoss features, StateCache cache, DoubleConsumer progress) {
        if (cache != null) {
            return CachedTeacher.open(torch, teacher, features, cache);
        }
        try (ModelDirectory directory = ModelDirectory.open(teacher)) {
            return directory.load(() -> new LocalTeacher(
                    torch,
                    directory.config(),
                    LoadProgress.of(directory.config().tensors(), directory::tensor, progress),
                    features));
        }
    }
}
