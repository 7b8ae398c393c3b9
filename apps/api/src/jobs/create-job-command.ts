import { type UploadedImage } from '@tessera/chat-completions';
import { type Caller, type CreateJobBody } from '@tessera/contracts';
import { type Idempotency } from '@tessera/queue';

/** A request for a job after its body has been read. */
export interface CreateJobCommand {
  body: CreateJobBody;
  uploads: readonly UploadedImage[];
  caller: Caller;
  idempotency: Idempotency | undefined;
  baseUrl: string;
  requestId: string;
}
