import { type JobImage, type JobRequest } from '@tessera/contracts';
import { type JobDraft } from './to-job-draft.js';

/** The request that a worker answers. @param images the draft's images, in order, once they are where a worker finds them */
export function toJobRequest(
  draft: JobDraft,
  { model, images }: { model: string; images: JobImage[] },
): JobRequest {
  const { messages, maxTokens, sampling, stop, n, logprobs } = draft;
  return {
    model,
    messages,
    images,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(stop === undefined ? {} : { stop }),
    ...(n === undefined ? {} : { n }),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}
