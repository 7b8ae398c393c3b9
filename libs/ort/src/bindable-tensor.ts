import { type Device } from './device.js';
import { type DeviceTensor } from './device-tensor.js';
import { type ElementType } from './element-type.js';
import { type HeldObject } from './native/native-handle.js';
import { type Pointer } from './native/ort-api.js';
import { type Tensor } from './tensor.js';

/** Whether memory is the process's own or a device's. */
export type MemoryKind = 'host' | 'device';

/** What tensors in process memory and in device memory have in common. */
export interface BindableTensor<T extends ElementType = ElementType> {
  readonly elementType: T;
  /** Shape, outermost dimension first. */
  readonly dims: readonly number[];
  readonly device: Device;
  readonly memoryKind: MemoryKind;
  /** The OrtValue. Throws {@link DisposedError} after `dispose()`. */
  readonly pointer: Pointer;
  /** Keeps the OrtValue until it is let go, even when the tensor is disposed meanwhile. */
  hold(): HeldObject;
  dispose(): void;
}

/** A tensor wherever its memory is; `memoryKind` tells, and only one on the host has `data`. */
export type AnyTensor<T extends ElementType = ElementType> = Tensor<T> | DeviceTensor<T>;
