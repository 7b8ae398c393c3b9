import { type BindableTensor } from './bindable-tensor.js';
import { type Device } from './device.js';
import { type DeviceContext } from './devices/device-context.js';
import { ELEMENT_TYPES, elementCount, type ElementType } from './element-type.js';
import { DeviceViewError, TensorRowsError, TensorShapeError } from './errors.js';
import { type HeldObject, NativeHandle } from './native/native-handle.js';
import { type Pointer } from './native/ort-api.js';

/** Memory of one device, as a session hands it out. */
export interface DeviceMemory {
  readonly context: DeviceContext;
  /** ONNX Runtime's description of the memory. */
  readonly info: NativeHandle;
  readonly allocator: NativeHandle;
}

interface DeviceTensorShape<T extends ElementType> {
  readonly elementType: T;
  readonly dims: readonly number[];
}

/**
 * An OrtValue that holds a dense tensor in a device's memory. JavaScript cannot read it: {@link OrtRuntime.upload} and
 * {@link OrtRuntime.download} copy. Its memory is freed when it and its views are disposed and no binding uses them.
 */
export class DeviceTensor<T extends ElementType = ElementType> implements BindableTensor<T> {
  readonly elementType: T;
  /** Shape, outermost dimension first. */
  readonly dims: readonly number[];
  readonly device: Device;
  readonly memoryKind = 'device';

  private constructor(
    private readonly memory: DeviceMemory,
    { elementType, dims }: DeviceTensorShape<T>,
    private readonly handle: NativeHandle,
  ) {
    this.elementType = elementType;
    this.dims = dims;
    this.device = memory.context.device;
  }

  /** A tensor whose content is whatever the device's memory holds. */
  static allocate<T extends ElementType>(
    memory: DeviceMemory,
    shape: DeviceTensorShape<T>,
  ): Promise<DeviceTensor<T>> {
    const { context, allocator } = memory;
    const { api, turns } = context;
    const { elementType, dims } = shape;
    return allocator.use((allocatorPointer) =>
      turns.take(() => {
        const type = ELEMENT_TYPES[elementType].onnx;
        const dimensions = BigInt64Array.from(dims, BigInt);
        const pointer = api.create('CreateTensorAsOrtValue', allocatorPointer, dimensions, dims.length, type);
        const handle = new NativeHandle(api, 'Tensor', { pointer, parent: allocator, turns });
        return new DeviceTensor(memory, shape, handle);
      }),
    );
  }

  /**
   * A tensor over `count` consecutive rows (outermost dimension) of this one's memory. Where the device's pointers are
   * no addresses (WebGPU), a view must begin at row 0. Throws {@link TensorRowsError} or {@link DeviceViewError}.
   */
  rows(first: number, count: number): DeviceTensor<T> {
    const [rowCount = 0, ...inner] = this.dims;
    if (first < 0 || count < 0 || first + count > rowCount) throw new TensorRowsError(first, count, rowCount);
    const { provider } = this.memory.context;
    if (first > 0 && !provider.addressable) throw new DeviceViewError(this.device.id, first);
    return this.view(first * elementCount(inner), [count, ...inner]);
  }

  /** A tensor of another shape over the same memory. Throws {@link TensorShapeError}. */
  reshaped(dims: readonly number[]): DeviceTensor<T> {
    const [needed, given] = [elementCount(dims), elementCount(this.dims)];
    if (needed !== given) throw new TensorShapeError(dims, needed, given);
    return this.view(0, dims);
  }

  get context(): DeviceContext {
    return this.memory.context;
  }

  /** The OrtValue. Throws {@link DisposedError} after `dispose()`. */
  get pointer(): Pointer {
    return this.handle.pointer;
  }

  hold(): HeldObject {
    return this.handle.hold();
  }

  /** Gives the OrtValue up; its memory when no view and no binding uses it. */
  dispose(): void {
    this.handle.dispose();
  }

  private view(firstElement: number, dims: readonly number[]): DeviceTensor<T> {
    const { memory, elementType } = this;
    const { api, turns } = memory.context;
    const { bytes, onnx } = ELEMENT_TYPES[elementType];
    const pointer = api.create(
      'CreateTensorWithDataAsOrtValue',
      memory.info.pointer,
      api.create('GetTensorMutableData', this.pointer) + BigInt(firstElement * bytes),
      elementCount(dims) * bytes,
      BigInt64Array.from(dims, BigInt),
      dims.length,
      onnx,
    );
    const handle = new NativeHandle(api, 'Tensor', { pointer, parent: this.handle, turns });
    return new DeviceTensor(memory, { elementType, dims }, handle);
  }
}
