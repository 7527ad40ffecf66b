package io.espalier.gpu.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** C functions of the loaded libraries, and of what they need, called without JNI. */
final class CShim {
    private final SymbolLookup lookup;

    CShim(SymbolLookup lookup) {
        this.lookup = lookup;
    }

    /** The functions of the libraries that this class's loader has loaded. */
    static CShim loaded() {
        return new CShim(SymbolLookup.loaderLookup());
    }

    /** A function that returns {@code result} for {@code arguments}; empty where no library has it. */
    @SuppressWarnings("restricted")
    Optional<MethodHandle> find(String name, MemoryLayout result, MemoryLayout... arguments) {
        return lookup.find(name)
                .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(result, arguments)));
    }

    /** The failure of a call that cannot be made for a reason in Java, not in C. */
    static IllegalStateException broken(String name, Throwable cause) {
        return new IllegalStateException(name + " cannot be called", cause);
    }
}
