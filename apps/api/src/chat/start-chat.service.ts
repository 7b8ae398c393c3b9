import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ChatDraft,
  type CompletionIdentity,
  maxTokensOf,
  newChatCompletionId,
  parseChatCompletion,
} from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { type Caller } from '@tessera/contracts';
import { JobImagesService } from '../jobs/job-images.service.js';
import { KeepJobService } from '../jobs/keep-job.service.js';
import { ModelsService } from '../models/models.service.js';
import { CONFIG } from '../tokens.js';
import { toChatJobRecord } from './to-chat-job-record.js';

/** A chat completion whose job waits in the queue. */
export interface StartedChat {
  jobId: string;
  /** Unix milliseconds. */
  deadlineAtMs: number;
  identity: CompletionIdentity;
  choiceCount: number;
  /** Absent: the answer is sent as one object. */
  stream?: { includeUsage: boolean };
}

/** Time that a job is kept whose answer nobody took away: this process died, or its worker was still at it. */
const LEFTOVER_SECONDS = 60;
/** Whole numbers below this can be drawn. */
const SEED_LIMIT = 2 ** 48 - 1;

/** Checks everything first and keeps it then, so that a refusal leaves nothing behind. */
@Injectable()
export class StartChatService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ModelsService) private readonly models: ModelsService,
    @Inject(JobImagesService) private readonly images: JobImagesService,
    @Inject(KeepJobService) private readonly keeper: KeepJobService,
  ) {}

  /** Checks what the body shows by itself. @throws {TesseraError} */
  read(body: unknown): ChatDraft {
    return parseChatCompletion(body, this.images.context());
  }

  /** @throws {TesseraError} nothing is kept then */
  async start(
    draft: ChatDraft,
    { caller, requestId }: { caller: Caller; requestId: string },
  ): Promise<StartedChat> {
    const model = await this.models.choose(draft.model, maxTokensOf(draft.body));
    const maxWaitMs = this.config.http.maxChatSeconds * 1000;
    const { record } = await this.keeper.keep({
      images: await this.images.check(draft.images, caller.ownerId),
      limits: caller.limits,
      priority: 'normal',
      retentionSeconds: LEFTOVER_SECONDS,
      toRecord: (kept) =>
        toChatJobRecord(draft, { ...kept, caller, model, requestId, maxWaitMs, seed: randomInt(SEED_LIMIT) }),
    });
    return {
      jobId: record.id,
      deadlineAtMs: record.createdAtMs + maxWaitMs,
      identity: {
        id: newChatCompletionId(),
        createdAtSeconds: Math.floor(record.createdAtMs / 1000),
        model,
      },
      choiceCount: draft.n ?? 1,
      ...(draft.stream === undefined ? {} : { stream: draft.stream }),
    };
  }
}
