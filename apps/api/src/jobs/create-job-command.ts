import { type UploadedImage } from '@tessera/chat-completions';
import { type CreateJobBody } from '@tessera/contracts';

/** A request for a job after its body has been read. */
export interface CreateJobCommand {
  body: CreateJobBody;
  uploads: readonly UploadedImage[];
  idempotency: { key: string; bodySha256: string } | undefined;
  baseUrl: string;
  requestId: string;
}
