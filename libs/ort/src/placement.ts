import { type NativeHandle } from './native/native-handle.js';
import { type OrtApi, readString } from './native/ort-api.js';

/** Where ONNX Runtime put a node of the graph as it was before fusions. */
export interface NodePlacement {
  /** Such as `CPUExecutionProvider`. */
  readonly provider: string;
  readonly operator: string;
  readonly node: string;
}

/** Every node with its provider, of a session made with `recordPlacement`. */
export function readPlacement(api: OrtApi, session: NativeHandle): NodePlacement[] {
  return api.list('Session_GetEpGraphAssignmentInfo', session.pointer).flatMap((part) => {
    const provider = readString(api.create('EpAssignedSubgraph_GetEpName', part));
    return api.list('EpAssignedSubgraph_GetNodes', part).map((node) => ({
      provider,
      operator: readString(api.create('EpAssignedNode_GetOperatorType', node)),
      node: readString(api.create('EpAssignedNode_GetName', node)),
    }));
  });
}
