import { type OrtRuntime, type Session } from '@tessera/ort';
import { AddressableMemory } from './addressable-memory.js';
import { HostMemory } from './host-memory.js';
import { OpaqueMemory } from './opaque-memory.js';
import { type TensorMemory } from './tensor-memory.js';

/** The memory of the device that a session runs on. It uses that session until it is disposed. */
export function openTensorMemory(runtime: OrtRuntime, session: Session): TensorMemory {
  switch (session.device.id) {
    case 'cpu':
      return new HostMemory(runtime);
    case 'cuda':
      return new AddressableMemory(runtime, session);
    case 'webgpu':
      return new OpaqueMemory(runtime, session);
  }
}
