package io.espalier.gpu;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The part that a component of a run's settings has when the run is taken up again. A component without this annotation
 * must be what it was, by its own name: a setting that is added is compared unless it says why not. A component that is
 * a record stands for its components unless it is named here.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Compared {
    /** The runs in which the setting must be what it was. */
    enum When {
        ALWAYS,
        /** Runs on stored text; operators may change the setting of a run on live text. */
        ON_STORED_TEXT,
        /** It decides nothing of what is computed. */
        NEVER
    }

    When value() default When.ALWAYS;

    /** The name of the setting; empty for the component's. */
    String as() default "";
}
