package io.espalier.actors.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import io.espalier.gpu.Refused;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Records as Protobuf messages, component by component of the same name; a sealed interface is a message of one field for each
 * kind. Both are compared when a mapping is made, so that none is made which forgets a component or has it as another type.
 * Every component is written; one that is read and absent is refused unless it is {@link Optional}, and so is a field of the
 * message that is unknown: whoever wrote it meant something that would not be done.
 */
public final class RecordMapping<T> {
    /** A value of one type, whichever way it goes. */
    private interface Form {
        /** @param at where the field stands is built */
        Object write(Object value, Message.Builder at, FieldDescriptor field);

        /** @param where the names that lead to it */
        Object read(Object stored, String where);
    }

    private static final Map<Class<?>, JavaType> PLAIN = Map.of(
            int.class, JavaType.INT,
            Integer.class, JavaType.INT,
            long.class, JavaType.LONG,
            double.class, JavaType.DOUBLE,
            boolean.class, JavaType.BOOLEAN,
            String.class, JavaType.STRING,
            ByteString.class, JavaType.BYTE_STRING);

    private final Class<T> type;
    private final Form form;

    private RecordMapping(Class<T> type, Form form) {
        this.type = type;
        this.form = form;
    }

    /**
     * The mapping of a type.
     *
     * @throws IllegalArgumentException where the two are not of the same components and types
     */
    public static <T> RecordMapping<T> of(Class<T> type, Descriptor message) {
        return new RecordMapping<>(type, composite(type, message, new HashMap<>()));
    }

    /** Writes a value into an empty builder of its message. */
    public void write(T value, Message.Builder into) {
        into.mergeFrom((Message) form.write(value, into, null));
    }

    /**
     * Reads a value.
     *
     * @param where names the message to whoever is told of its faults
     * @throws Refused where a component is absent, a field is unknown or a value breaks its rule
     */
    public T read(Message message, String where) {
        return type.cast(form.read(message, where));
    }

    private static Form composite(Class<?> type, Descriptor message, Map<Class<?>, Form> made) {
        if (made.containsKey(type)) {
            return made.get(type);
        }
        Form form = type.isSealed() ? new Kinds(type, message, made) : new Components(type, message, made);
        made.put(type, form);
        return form;
    }

    private static Form form(Class<?> type, FieldDescriptor field, Map<Class<?>, Form> made) {
        if (PLAIN.get(type) == field.getJavaType()) {
            return new Plain();
        }
        if (type == Path.class && field.getJavaType() == JavaType.STRING) {
            return new PathText();
        }
        if (type.isEnum() && field.getJavaType() == JavaType.ENUM) {
            return new Constants(type, field.getEnumType());
        }
        if ((type.isRecord() || type.isSealed()) && field.getJavaType() == JavaType.MESSAGE) {
            return composite(type, field.getMessageType(), made);
        }
        throw new IllegalArgumentException(field.getFullName() + " is no " + type.getName());
    }

    private static String named(String component) {
        return component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** An empty builder of a field's message; without a field, of the message that is built itself. */
    private static Message.Builder empty(Message.Builder at, FieldDescriptor field) {
        return field == null ? at.getDefaultInstanceForType().newBuilderForType() : at.newBuilderForField(field);
    }

    private static Refused unfit(String where, String what) {
        return new Refused(Refused.Reason.VALIDATION, where + " " + what + ": another version has written it");
    }

    private record Plain() implements Form {
        @Override
        public Object write(Object value, Message.Builder at, FieldDescriptor field) {
            return value;
        }

        @Override
        public Object read(Object stored, String where) {
            return stored;
        }
    }

    private record PathText() implements Form {
        @Override
        public Object write(Object value, Message.Builder at, FieldDescriptor field) {
            return value.toString();
        }

        @Override
        public Object read(Object stored, String where) {
            try {
                return Path.of((String) stored);
            } catch (InvalidPathException e) {
                throw new Refused(Refused.Reason.VALIDATION, where + " is no path: " + e.getReason(), e);
            }
        }
    }

    /** Constants by name, beside a number 0 that is none of them. */
    private static final class Constants implements Form {
        private final Map<String, Object> constants = new LinkedHashMap<>();
        private final EnumDescriptor descriptor;

        Constants(Class<?> type, EnumDescriptor descriptor) {
            this.descriptor = descriptor;
            for (Object constant : type.getEnumConstants()) {
                constants.put(((Enum<?>) constant).name(), constant);
            }
            Set<String> named = new TreeSet<>();
            descriptor.getValues().stream()
                    .filter(value -> value.getNumber() != 0)
                    .forEach(value -> named.add(value.getName()));
            if (!named.equals(constants.keySet())) {
                throw new IllegalArgumentException(
                        descriptor.getFullName() + " has " + named + ", " + type.getName() + " " + constants.keySet());
            }
        }

        @Override
        public Object write(Object value, Message.Builder at, FieldDescriptor field) {
            return descriptor.findValueByName(((Enum<?>) value).name());
        }

        @Override
        public Object read(Object stored, String where) {
            Object constant = constants.get(((EnumValueDescriptor) stored).getName());
            if (constant == null) {
                throw unfit(where, "is a value that is unknown here");
            }
            return constant;
        }
    }

    /** The form of a record: its components by name. */
    private static final class Components implements Form {
        private record Part(RecordComponent component, FieldDescriptor field, Form form, Shape shape) {}

        private enum Shape {
            ONE,
            ONE_OR_NONE,
            LIST,
            SET
        }

        private final List<Part> parts = new ArrayList<>();
        private final Constructor<?> constructor;

        Components(Class<?> type, Descriptor message, Map<Class<?>, Form> made) {
            Set<String> fields = new TreeSet<>();
            message.getFields().forEach(field -> fields.add(field.getName()));
            for (RecordComponent component : type.getRecordComponents()) {
                FieldDescriptor field = message.findFieldByName(named(component.getName()));
                if (field == null) {
                    throw new IllegalArgumentException(
                            message.getFullName() + " has no " + named(component.getName()) + " of " + type.getName());
                }
                fields.remove(field.getName());
                component.getAccessor().setAccessible(true);
                parts.add(part(component, field, made));
            }
            if (!fields.isEmpty()) {
                throw new IllegalArgumentException(
                        type.getName() + " has none of " + fields + " of " + message.getFullName());
            }
            try {
                constructor = type.getDeclaredConstructor(Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new));
                constructor.setAccessible(true);
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException(e);
            }
        }

        private static Part part(RecordComponent component, FieldDescriptor field, Map<Class<?>, Form> made) {
            Class<?> raw = component.getType();
            Shape shape = raw == Optional.class
                    ? Shape.ONE_OR_NONE
                    : raw == List.class ? Shape.LIST : raw == Set.class ? Shape.SET : Shape.ONE;
            boolean many = shape == Shape.LIST || shape == Shape.SET;
            if (field.isRepeated() != many || (!many && !field.hasPresence())) {
                throw new IllegalArgumentException(field.getFullName() + " must be "
                        + (many ? "repeated" : "optional: that it is absent could not be seen"));
            }
            Class<?> element = shape == Shape.ONE ? raw : (Class<?>) argument(component.getGenericType());
            return new Part(component, field, RecordMapping.form(element, field, made), shape);
        }

        private static Type argument(Type generic) {
            return ((ParameterizedType) generic).getActualTypeArguments()[0];
        }

        @Override
        public Object write(Object value, Message.Builder at, FieldDescriptor field) {
            Message.Builder builder = empty(at, field);
            for (Part part : parts) {
                Object written = get(part, value);
                switch (part.shape) {
                    case ONE -> builder.setField(part.field, part.form.write(written, builder, part.field));
                    case ONE_OR_NONE ->
                        ((Optional<?>) written)
                                .ifPresent(
                                        one -> builder.setField(part.field, part.form.write(one, builder, part.field)));
                    case LIST, SET ->
                        ((Collection<?>) written)
                                .forEach(one -> builder.addRepeatedField(
                                        part.field, part.form.write(one, builder, part.field)));
                }
            }
            return builder.build();
        }

        private static Object get(Part part, Object record) {
            try {
                return part.component.getAccessor().invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(part.component.toString(), e);
            }
        }

        @Override
        public Object read(Object stored, String where) {
            Message message = (Message) stored;
            requireKnown(message, where);
            Object[] values = new Object[parts.size()];
            for (int i = 0; i < values.length; i++) {
                Part part = parts.get(i);
                String there = where + "." + part.field.getName();
                values[i] = switch (part.shape) {
                    case ONE -> {
                        if (!message.hasField(part.field)) {
                            throw unfit(there, "is absent");
                        }
                        yield part.form.read(message.getField(part.field), there);
                    }
                    case ONE_OR_NONE ->
                        message.hasField(part.field)
                                ? Optional.of(part.form.read(message.getField(part.field), there))
                                : Optional.empty();
                    case LIST -> all(message, part, there);
                    case SET -> new LinkedHashSet<>(all(message, part, there));
                };
            }
            return create(values);
        }

        private static List<Object> all(Message message, Part part, String where) {
            List<Object> all = new ArrayList<>();
            ((List<?>) message.getField(part.field)).forEach(one -> all.add(part.form.read(one, where)));
            return all;
        }

        private Object create(Object[] values) {
            try {
                return constructor.newInstance(values);
            } catch (InvocationTargetException e) {
                throw e.getCause() instanceof RuntimeException broken ? broken : new IllegalStateException(e);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void requireKnown(Message message, String where) {
        Set<Integer> unknown = message.getUnknownFields().asMap().keySet();
        if (!unknown.isEmpty()) {
            throw unfit(where, "has a field of number " + unknown.iterator().next() + ", which is unknown here");
        }
    }

    /** A sealed interface: its kinds are the fields of the one choice that the message is. */
    private static final class Kinds implements Form {
        private record Kind(Class<?> type, FieldDescriptor field, Form form) {}

        private final List<Kind> kinds = new ArrayList<>();
        private final OneofDescriptor choice;

        Kinds(Class<?> type, Descriptor message, Map<Class<?>, Form> made) {
            if (message.getOneofs().size() != 1 || message.getFields().size() != type.getPermittedSubclasses().length) {
                throw new IllegalArgumentException(message.getFullName() + " is no choice of the kinds of " + type);
            }
            choice = message.getOneofs().getFirst();
            for (Class<?> kind : type.getPermittedSubclasses()) {
                String simple = kind.getSimpleName();
                String name = named(simple.substring(0, 1).toLowerCase(Locale.ROOT) + simple.substring(1));
                FieldDescriptor field = message.findFieldByName(name);
                if (field == null) {
                    throw new IllegalArgumentException(message.getFullName() + " has no kind " + name);
                }
                kinds.add(new Kind(kind, field, form(kind, field, made)));
            }
        }

        @Override
        public Object write(Object value, Message.Builder at, FieldDescriptor field) {
            Message.Builder builder = empty(at, field);
            Kind kind = kinds.stream()
                    .filter(one -> one.type.isInstance(value))
                    .findFirst()
                    .orElseThrow();
            return builder.setField(kind.field, kind.form.write(value, builder, kind.field))
                    .build();
        }

        @Override
        public Object read(Object stored, String where) {
            Message message = (Message) stored;
            requireKnown(message, where);
            FieldDescriptor set = message.getOneofFieldDescriptor(choice);
            if (set == null) {
                throw unfit(where, "is of no kind that is known here");
            }
            return kinds.stream()
                    .filter(kind -> kind.field.equals(set))
                    .findFirst()
                    .orElseThrow()
                    .form
                    .read(message.getField(set), where + "." + set.getName());
        }
    }
}
