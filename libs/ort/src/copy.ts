import { type AnyTensor } from './bindable-tensor.js';
import { copyTensor, type DeviceContext } from './devices/device-context.js';
import { elementCount, type ElementType, type HostArray } from './element-type.js';
import { TensorCopyError } from './errors.js';
import { type Tensor } from './tensor.js';

/**
 * Copies all elements of one tensor to another, wherever each is, after every run and copy asked for before on that
 * device. Throws {@link TensorCopyError} when the tensors differ in type or size.
 */
export async function copy<T extends ElementType>(from: AnyTensor<T>, to: AnyTensor<T>): Promise<void> {
  checkAlike(from, to);
  const context = contextOf(from) ?? contextOf(to);
  if (context === undefined) return copyOnHost(from as Tensor<T>, to as Tensor<T>);
  const [source, target] = [from.hold(), to.hold()];
  try {
    await context.turns.take(() => copyTensor(context, source.pointer, target.pointer));
  } finally {
    source.letGo();
    target.letGo();
  }
}

/** Absent for a tensor in process memory. */
function contextOf(tensor: AnyTensor): DeviceContext | undefined {
  return tensor.memoryKind === 'device' ? tensor.context : undefined;
}

function copyOnHost<T extends ElementType>(from: Tensor<T>, to: Tensor<T>): void {
  (to.data as { set(source: HostArray<T>): void }).set(from.data);
}

function checkAlike(from: AnyTensor, to: AnyTensor): void {
  const sameType = from.elementType === to.elementType;
  if (sameType && elementCount(from.dims) === elementCount(to.dims)) return;
  throw new TensorCopyError(describe(from), describe(to));
}

function describe({ elementType, dims }: AnyTensor): string {
  return `${elementType} [${dims.join(', ')}]`;
}
