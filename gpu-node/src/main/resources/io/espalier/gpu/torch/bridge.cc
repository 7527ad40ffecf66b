// The natives of DJL's ai.djl.pytorch.jni.PyTorchLibrary that Espalier calls, over libtorch's public C++ interface.
// Compiled where it runs, against the libtorch that is there (espalier bridge): a C++ library serves no other build.
// A tensor, a value, a module or an index is a pointer to an object of its own on the C++ heap, which the Java side deletes.
// A C++ exception becomes an EngineException. CUDA is reached through libtorch alone.
#include <jni.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <sstream>
#include <string>
#include <vector>

namespace {

using at::Tensor;
using at::indexing::TensorIndex;
using torch::jit::IValue;
using torch::jit::Module;

// The ordinals of DJL's DataType. One that it does not know goes by as UNKNOWN.
constexpr at::ScalarType kTypes[] = {at::kFloat, at::kDouble, at::kHalf, at::kByte,         at::kInt,
                                     at::kChar,  at::kLong,   at::kBool, at::kComplexFloat, at::ScalarType::Undefined};
constexpr jint kUnknown = 9;

void raise(JNIEnv* env, const char* what) {
  if (!env->ExceptionCheck()) {
    env->ThrowNew(env->FindClass("ai/djl/engine/EngineException"), what);
  }
}

// Thrown where a call of Java's left an exception behind: that is what the caller shall see.
struct JavaFailure : std::exception {};

template <class Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& e) {
    raise(env, e.what());
  } catch (...) {
    raise(env, "an unknown C++ exception");
  }
  return decltype(body())();
}

Tensor& tensor(jlong handle) { return *reinterpret_cast<Tensor*>(handle); }
IValue& value(jlong handle) { return *reinterpret_cast<IValue*>(handle); }
std::vector<TensorIndex>& index(jlong handle) { return *reinterpret_cast<std::vector<TensorIndex>*>(handle); }

jlong handle(Tensor made) { return reinterpret_cast<jlong>(new Tensor(std::move(made))); }
jlong handle(IValue made) { return reinterpret_cast<jlong>(new IValue(std::move(made))); }

std::vector<int64_t> longs(JNIEnv* env, jlongArray array) {
  std::vector<int64_t> result(env->GetArrayLength(array));
  env->GetLongArrayRegion(array, 0, static_cast<jsize>(result.size()), reinterpret_cast<jlong*>(result.data()));
  return result;
}

std::vector<Tensor> tensors(JNIEnv* env, jlongArray handles) {
  std::vector<Tensor> result;
  for (int64_t one : longs(env, handles)) {
    result.push_back(tensor(one));
  }
  return result;
}

jlongArray array(JNIEnv* env, const std::vector<jlong>& values) {
  jlongArray result = env->NewLongArray(static_cast<jsize>(values.size()));
  if (result != nullptr) {
    env->SetLongArrayRegion(result, 0, static_cast<jsize>(values.size()), values.data());
  }
  return result;
}

at::ScalarType type(jint ordinal) {
  TORCH_CHECK(ordinal >= 0 && ordinal < kUnknown, "DJL's data type ", ordinal, " is none of libtorch's");
  return kTypes[ordinal];
}

// DJL writes a device as its type and its number, with -1 for a processor.
at::Device device(JNIEnv* env, jintArray array) {
  jint where[2];
  env->GetIntArrayRegion(array, 0, 2, where);
  if (env->ExceptionCheck()) {
    throw JavaFailure();
  }
  auto kind = static_cast<at::DeviceType>(where[0]);
  return kind == at::kCPU ? at::Device(kind) : at::Device(kind, static_cast<at::DeviceIndex>(where[1]));
}

at::TensorOptions options(JNIEnv* env, jint ordinal, jint layout, jintArray where, jboolean gradient) {
  TORCH_CHECK(layout == 0, "only dense tensors are made, not layout ", layout);
  return at::TensorOptions().dtype(type(ordinal)).device(device(env, where)).requires_grad(gradient == JNI_TRUE);
}

// The process.

jboolean torchIsGradMode(JNIEnv*, jobject) { return at::GradMode::is_enabled(); }
void torchSetGradMode(JNIEnv*, jobject, jboolean on) { at::GradMode::set_enabled(on == JNI_TRUE); }
jint torchGetNumInteropThreads(JNIEnv*, jobject) { return at::get_num_interop_threads(); }
jint torchGetNumThreads(JNIEnv*, jobject) { return at::get_num_threads(); }
void torchSetNumInteropThreads(JNIEnv* env, jobject, jint threads) {
  guarded(env, [&] { at::set_num_interop_threads(threads); });
}
void torchSetNumThreads(JNIEnv* env, jobject, jint threads) {
  guarded(env, [&] { at::set_num_threads(threads); });
}
void torchManualSeed(JNIEnv* env, jobject, jlong seed) {
  guarded(env, [&] { torch::manual_seed(static_cast<uint64_t>(seed)); });
}
void setGraphExecutorOptimize(JNIEnv*, jobject, jboolean on) { torch::jit::setGraphExecutorOptimize(on == JNI_TRUE); }

// What the build can do, by the names that DJL knows.
void torchShowConfig(JNIEnv* env, jobject, jobject set) {
  guarded(env, [&] {
    jmethodID add = env->GetMethodID(env->GetObjectClass(set), "add", "(Ljava/lang/Object;)Z");
    auto put = [&](bool there, const char* name) {
      if (there && !env->ExceptionCheck()) {
        env->CallBooleanMethod(set, add, env->NewStringUTF(name));
      }
    };
    put(at::hasCUDA(), "CUDA");
    put(at::hasOpenMP(), "OPENMP");
    put(at::hasMKL(), "MKL");
    put(at::hasMKLDNN(), "MKLDNN");
  });
}

// What a tensor is.

jlongArray torchSizes(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] {
    auto sizes = tensor(self).sizes();
    return array(env, std::vector<jlong>(sizes.begin(), sizes.end()));
  });
}
jint torchDType(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&]() -> jint {
    for (jint ordinal = 0; ordinal < kUnknown; ordinal++) {
      if (kTypes[ordinal] == tensor(self).scalar_type()) {
        return ordinal;
      }
    }
    return kUnknown;
  });
}
jintArray torchDevice(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] {
    at::Device where = tensor(self).device();
    jint pair[2] = {static_cast<jint>(where.type()), where.index()};
    jintArray result = env->NewIntArray(2);
    if (result != nullptr) {
      env->SetIntArrayRegion(result, 0, 2, pair);
    }
    return result;
  });
}
jint torchLayout(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&]() -> jint {
    switch (tensor(self).layout()) {
      case at::kStrided:
        return 0;
      case at::kSparse:
        return 1;
      case at::kMkldnn:
        return 2;
      default:
        TORCH_CHECK(false, "DJL knows no such layout");
    }
  });
}
jboolean torchIsContiguous(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&]() -> jboolean { return tensor(self).is_contiguous(); });
}
jboolean torchRequiresGrad(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&]() -> jboolean { return tensor(self).requires_grad(); });
}
jobject torchDirectByteBuffer(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] {
    return env->NewDirectByteBuffer(tensor(self).data_ptr(), static_cast<jlong>(tensor(self).nbytes()));
  });
}
void torchDeleteTensor(JNIEnv* env, jobject, jlong self) {
  guarded(env, [&] { delete &tensor(self); });
}

// Tensors made.

jlong torchZeros(JNIEnv* env, jobject, jlongArray shape, jint ordinal, jint layout, jintArray where, jboolean gradient) {
  return guarded(env, [&] { return handle(torch::zeros(longs(env, shape), options(env, ordinal, layout, where, gradient))); });
}
jlong torchOnes(JNIEnv* env, jobject, jlongArray shape, jint ordinal, jint layout, jintArray where, jboolean gradient) {
  return guarded(env, [&] { return handle(torch::ones(longs(env, shape), options(env, ordinal, layout, where, gradient))); });
}
jlong torchEmpty(JNIEnv* env, jobject, jlongArray shape, jint ordinal, jint layout, jintArray where, jboolean gradient) {
  return guarded(env, [&] { return handle(torch::empty(longs(env, shape), options(env, ordinal, layout, where, gradient))); });
}
jlong torchEye(JNIEnv* env, jobject, jint rows, jint columns, jint ordinal, jint layout, jintArray where, jboolean gradient) {
  return guarded(env, [&] { return handle(torch::eye(rows, columns, options(env, ordinal, layout, where, gradient))); });
}
// The memory is Java's, which keeps it as long as a tensor of the processor; a device gets a copy.
jlong torchFromBlob(JNIEnv* env, jobject, jobject buffer, jlongArray shape, jint ordinal, jint layout, jintArray where,
                    jboolean gradient) {
  return guarded(env, [&] {
    at::TensorOptions wanted = options(env, ordinal, layout, where, gradient);
    void* memory = env->GetDirectBufferAddress(buffer);
    TORCH_CHECK(memory != nullptr, "the buffer is not direct");
    Tensor here = torch::from_blob(memory, longs(env, shape), at::TensorOptions().dtype(type(ordinal)));
    return handle(wanted.device().is_cpu() ? here : here.to(wanted.device()));
  });
}
jlong torchTo(JNIEnv* env, jobject, jlong self, jint ordinal, jintArray where) {
  return guarded(env, [&] { return handle(tensor(self).to(device(env, where), type(ordinal), false, true)); });
}
jlong torchToContiguous(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] { return handle(tensor(self).contiguous()); });
}
jlong tensorClone(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] { return handle(tensor(self).clone()); });
}
jlong torchReshape(JNIEnv* env, jobject, jlong self, jlongArray shape) {
  return guarded(env, [&] { return handle(tensor(self).reshape(longs(env, shape))); });
}
jlong torchFlatten(JNIEnv* env, jobject, jlong self, jlong first, jlong last) {
  return guarded(env, [&] { return handle(tensor(self).flatten(first, last)); });
}
jlong torchPermute(JNIEnv* env, jobject, jlong self, jlongArray dimensions) {
  return guarded(env, [&] { return handle(tensor(self).permute(longs(env, dimensions))); });
}
jlong torchMul(JNIEnv* env, jobject, jlong self, jlong other) {
  return guarded(env, [&] { return handle(tensor(self).mul(tensor(other))); });
}
jlong torchTrueDivide(JNIEnv* env, jobject, jlong self, jlong other) {
  return guarded(env, [&] { return handle(tensor(self).true_divide(tensor(other))); });
}
jlong torchMatmul(JNIEnv* env, jobject, jlong self, jlong other) {
  return guarded(env, [&] { return handle(tensor(self).matmul(tensor(other))); });
}
jlong torchCat(JNIEnv* env, jobject, jlongArray handles, jlong dimension) {
  return guarded(env, [&] { return handle(torch::cat(tensors(env, handles), dimension)); });
}

// Elements.

jlong torchIndexInit(JNIEnv* env, jobject, jint count) {
  return guarded(env, [&] {
    auto* made = new std::vector<TensorIndex>();
    made->reserve(count);
    return reinterpret_cast<jlong>(made);
  });
}
void torchIndexAppendFixed(JNIEnv* env, jobject, jlong self, jlong at) {
  guarded(env, [&] { index(self).emplace_back(at); });
}
// Two bits say which of the ends is left open: 2 the first, 1 the last.
void torchIndexAppendSlice(JNIEnv* env, jobject, jlong self, jlong first, jlong last, jlong step, jint open) {
  guarded(env, [&] {
    auto end = [](bool absent, jlong at) { return absent ? std::nullopt : std::optional<c10::SymInt>(at); };
    index(self).emplace_back(at::indexing::Slice(end(open & 2, first), end(open & 1, last), c10::SymInt(step)));
  });
}
void torchIndexAppendNoneEllipsis(JNIEnv* env, jobject, jlong self, jboolean ellipsis) {
  guarded(env, [&] {
    ellipsis == JNI_TRUE ? index(self).emplace_back(at::indexing::Ellipsis) : index(self).emplace_back(at::indexing::None);
  });
}
jlong torchIndexAdvGet(JNIEnv* env, jobject, jlong self, jlong indices) {
  return guarded(env, [&] { return handle(tensor(self).index(index(indices))); });
}
void torchDeleteIndex(JNIEnv*, jobject, jlong self) { delete &index(self); }

// Gradients.

void torchAttachGrad(JNIEnv* env, jobject, jlong self, jboolean wanted) {
  guarded(env, [&] { tensor(self).requires_grad_(wanted == JNI_TRUE); });
}
jlong torchGrad(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&]() -> jlong {
    const Tensor& gradient = tensor(self).grad();
    return gradient.defined() ? handle(gradient) : 0;
  });
}
jlong torchDetachGrad(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] { return handle(tensor(self).detach()); });
}
void torchBackward(JNIEnv* env, jobject, jlong self, jlong gradient, jboolean keepGraph, jboolean createGraph) {
  guarded(env, [&] { tensor(self).backward(tensor(gradient), keepGraph == JNI_TRUE, createGraph == JNI_TRUE); });
}

// Modules, and the values that their methods take and give.

jlong moduleLoad(JNIEnv* env, jobject, jobject stream, jintArray where, jboolean map, jbyteArray buffer, jlong size) {
  return guarded(env, [&] {
    jmethodID read = env->GetMethodID(env->GetObjectClass(stream), "read", "([BII)I");
    const jsize room = env->GetArrayLength(buffer);
    std::string bytes;
    while (read != nullptr && (size < 0 || static_cast<jlong>(bytes.size()) < size)) {
      const jlong left = size < 0 ? room : size - static_cast<jlong>(bytes.size());
      const jint count = env->CallIntMethod(stream, read, buffer, 0, left < room ? static_cast<jint>(left) : room);
      if (env->ExceptionCheck() || count < 0) {
        break;
      }
      const size_t start = bytes.size();
      bytes.resize(start + count);
      env->GetByteArrayRegion(buffer, 0, count, reinterpret_cast<jbyte*>(&bytes[start]));
    }
    if (env->ExceptionCheck()) {
      throw JavaFailure();
    }
    std::istringstream in(bytes);
    std::optional<at::Device> target = map == JNI_TRUE ? std::make_optional(device(env, where)) : std::nullopt;
    return reinterpret_cast<jlong>(new Module(torch::jit::load(in, target)));
  });
}
void torchDeleteModule(JNIEnv* env, jobject, jlong self) {
  guarded(env, [&] { delete reinterpret_cast<Module*>(self); });
}
jlong moduleRunMethod(JNIEnv* env, jobject, jlong self, jstring name, jlongArray arguments, jboolean recording, jboolean) {
  return guarded(env, [&] {
    const char* text = env->GetStringUTFChars(name, nullptr);
    if (text == nullptr) {
      throw JavaFailure();
    }
    const std::string method(text);
    env->ReleaseStringUTFChars(name, text);
    std::vector<IValue> inputs;
    for (int64_t argument : longs(env, arguments)) {
      inputs.push_back(value(argument));
    }
    Module* module = reinterpret_cast<Module*>(self);
    if (recording == JNI_TRUE) {
      return handle(module->get_method(method)(std::move(inputs)));
    }
    at::AutoGradMode off(false);
    return handle(module->get_method(method)(std::move(inputs)));
  });
}
jlong iValueFromTensor(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] { return handle(IValue(tensor(self))); });
}
jlong iValueFromBool(JNIEnv* env, jobject, jboolean flag) {
  return guarded(env, [&] { return handle(IValue(flag == JNI_TRUE)); });
}
jlong iValueFromLong(JNIEnv* env, jobject, jlong number) {
  return guarded(env, [&] { return handle(IValue(static_cast<int64_t>(number))); });
}
jlong iValueFromDouble(JNIEnv* env, jobject, jdouble number) {
  return guarded(env, [&] { return handle(IValue(static_cast<double>(number))); });
}
jlong iValueFromLongList(JNIEnv* env, jobject, jlongArray numbers) {
  return guarded(env, [&] { return handle(IValue(longs(env, numbers))); });
}
jlong iValueFromTensorList(JNIEnv* env, jobject, jlongArray handles) {
  return guarded(env, [&] { return handle(IValue(tensors(env, handles))); });
}
jboolean iValueIsTensor(JNIEnv*, jobject, jlong self) { return value(self).isTensor(); }
jboolean iValueIsTensorList(JNIEnv*, jobject, jlong self) { return value(self).isTensorList(); }
jboolean iValueIsList(JNIEnv*, jobject, jlong self) { return value(self).isList(); }
jboolean iValueIsMap(JNIEnv*, jobject, jlong self) { return value(self).isGenericDict(); }
jboolean iValueIsTuple(JNIEnv*, jobject, jlong self) { return value(self).isTuple(); }
jboolean iValueIsString(JNIEnv*, jobject, jlong self) { return value(self).isString(); }
jlong iValueToTensor(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] { return handle(value(self).toTensor()); });
}
jlongArray iValueToTensorList(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] {
    std::vector<jlong> handles;
    for (const Tensor& one : value(self).toTensorVector()) {
      handles.push_back(handle(one));
    }
    return array(env, handles);
  });
}
jlongArray iValueToIValueTuple(JNIEnv* env, jobject, jlong self) {
  return guarded(env, [&] {
    std::vector<jlong> handles;
    for (const IValue& one : value(self).toTupleRef().elements()) {
      handles.push_back(handle(one));
    }
    return array(env, handles);
  });
}
void torchDeleteIValue(JNIEnv* env, jobject, jlong self) {
  guarded(env, [&] { delete &value(self); });
}

#define NATIVE(name, signature) \
  { const_cast<char*>(#name), const_cast<char*>(signature), reinterpret_cast<void*>(&name) }

const JNINativeMethod kNatives[] = {
    NATIVE(torchIsGradMode, "()Z"),
    NATIVE(torchSetGradMode, "(Z)V"),
    NATIVE(torchGetNumInteropThreads, "()I"),
    NATIVE(torchGetNumThreads, "()I"),
    NATIVE(torchSetNumInteropThreads, "(I)V"),
    NATIVE(torchSetNumThreads, "(I)V"),
    NATIVE(torchManualSeed, "(J)V"),
    NATIVE(setGraphExecutorOptimize, "(Z)V"),
    NATIVE(torchShowConfig, "(Ljava/util/Set;)V"),
    NATIVE(torchSizes, "(J)[J"),
    NATIVE(torchDType, "(J)I"),
    NATIVE(torchDevice, "(J)[I"),
    NATIVE(torchLayout, "(J)I"),
    NATIVE(torchIsContiguous, "(J)Z"),
    NATIVE(torchRequiresGrad, "(J)Z"),
    NATIVE(torchDirectByteBuffer, "(J)Ljava/nio/ByteBuffer;"),
    NATIVE(torchDeleteTensor, "(J)V"),
    NATIVE(torchZeros, "([JII[IZ)J"),
    NATIVE(torchOnes, "([JII[IZ)J"),
    NATIVE(torchEmpty, "([JII[IZ)J"),
    NATIVE(torchEye, "(IIII[IZ)J"),
    NATIVE(torchFromBlob, "(Ljava/nio/ByteBuffer;[JII[IZ)J"),
    NATIVE(torchTo, "(JI[I)J"),
    NATIVE(torchToContiguous, "(J)J"),
    NATIVE(tensorClone, "(J)J"),
    NATIVE(torchReshape, "(J[J)J"),
    NATIVE(torchFlatten, "(JJJ)J"),
    NATIVE(torchPermute, "(J[J)J"),
    NATIVE(torchMul, "(JJ)J"),
    NATIVE(torchTrueDivide, "(JJ)J"),
    NATIVE(torchMatmul, "(JJ)J"),
    NATIVE(torchCat, "([JJ)J"),
    NATIVE(torchIndexInit, "(I)J"),
    NATIVE(torchIndexAppendFixed, "(JJ)V"),
    NATIVE(torchIndexAppendSlice, "(JJJJI)V"),
    NATIVE(torchIndexAppendNoneEllipsis, "(JZ)V"),
    NATIVE(torchIndexAdvGet, "(JJ)J"),
    NATIVE(torchDeleteIndex, "(J)V"),
    NATIVE(torchAttachGrad, "(JZ)V"),
    NATIVE(torchGrad, "(J)J"),
    NATIVE(torchDetachGrad, "(J)J"),
    NATIVE(torchBackward, "(JJZZ)V"),
    NATIVE(moduleLoad, "(Ljava/io/InputStream;[IZ[BJ)J"),
    NATIVE(torchDeleteModule, "(J)V"),
    NATIVE(moduleRunMethod, "(JLjava/lang/String;[JZZ)J"),
    NATIVE(iValueFromTensor, "(J)J"),
    NATIVE(iValueFromBool, "(Z)J"),
    NATIVE(iValueFromLong, "(J)J"),
    NATIVE(iValueFromDouble, "(D)J"),
    NATIVE(iValueFromLongList, "([J)J"),
    NATIVE(iValueFromTensorList, "([J)J"),
    NATIVE(iValueIsTensor, "(J)Z"),
    NATIVE(iValueIsTensorList, "(J)Z"),
    NATIVE(iValueIsList, "(J)Z"),
    NATIVE(iValueIsMap, "(J)Z"),
    NATIVE(iValueIsTuple, "(J)Z"),
    NATIVE(iValueIsString, "(J)Z"),
    NATIVE(iValueToTensor, "(J)J"),
    NATIVE(iValueToTensorList, "(J)[J"),
    NATIVE(iValueToIValueTuple, "(J)[J"),
    NATIVE(torchDeleteIValue, "(J)V"),
};

}  // namespace

// A DJL whose natives have other signatures is refused here, by name, and never called with the wrong arguments.
extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  JNIEnv* env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) {
    return JNI_ERR;
  }
  jclass library = env->FindClass("ai/djl/pytorch/jni/PyTorchLibrary");
  if (library == nullptr || env->RegisterNatives(library, kNatives, sizeof(kNatives) / sizeof(kNatives[0])) != JNI_OK) {
    return JNI_ERR;
  }
  return JNI_VERSION_1_8;
}
