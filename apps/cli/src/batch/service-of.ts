import { serviceAddressOf } from '../options/service-address.js';
import { BULK_RETRIES, INTERACTIVE_RETRIES } from '../service/with-retries.js';
import { BatchClient } from './batch-client.js';
import { type ServiceOptions } from './batch-options.js';

/** How the commands reach the service. */
export interface BatchService {
  readonly url: string;
  /** For what a person waits for. */
  readonly client: BatchClient;
  /** For following a batch: bears with a service that is being restarted. */
  readonly patientClient: BatchClient;
}

/** The service of `--url`, else that of this machine. */
export function serviceOf(options: ServiceOptions, signal: AbortSignal): BatchService {
  const address = serviceAddressOf(options);
  return {
    url: address.url,
    client: new BatchClient({ ...address, retries: INTERACTIVE_RETRIES, signal }),
    patientClient: new BatchClient({ ...address, retries: BULK_RETRIES, signal }),
  };
}
