package io.espalier.gpu;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How a component of a run's settings takes part when the run is taken up again. Without this it must be what it was, by its own
 * name: a setting that is added is compared unless it says why not. A component that is a record stands for its components
 * unless it is named here.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Compared {
    /** When it must be what it was. */
    enum When {
        ALWAYS,
        /** On stored text: of a run on live text its operators may change it. */
        ON_STORED_TEXT,
        /** It decides nothing of what is computed. */
        NEVER
    }

    When value() default When.ALWAYS;

    /** The name of the setting; empty for the component's. */
    String as() default "";
}
