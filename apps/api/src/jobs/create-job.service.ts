import { Inject, Injectable } from '@nestjs/common';
import { maxTokensOf, toJobDraft } from '@tessera/chat-completions';
import { ModelsService } from '../models/models.service.js';
import { type CreateJobCommand } from './create-job-command.js';
import { JobImagesService } from './job-images.service.js';
import { type CreatedJob, KeepJobService } from './keep-job.service.js';
import { toJobRecord } from './to-job-record.js';
import { UrlRulesService } from './url-rules.service.js';

/** Checks everything first and keeps it then, so that a refusal leaves nothing behind. */
@Injectable()
export class CreateJobService {
  constructor(
    @Inject(ModelsService) private readonly models: ModelsService,
    @Inject(UrlRulesService) private readonly urlRules: UrlRulesService,
    @Inject(JobImagesService) private readonly images: JobImagesService,
    @Inject(KeepJobService) private readonly keeper: KeepJobService,
  ) {}

  /** @throws {TesseraError} nothing is kept then */
  async create(command: CreateJobCommand): Promise<CreatedJob> {
    const { body, uploads } = command;
    const earlier = await this.keeper.findEarlier(command);
    if (earlier !== undefined) return earlier;
    const draft = toJobDraft(body, this.images.context(uploads));
    if (body.webhook !== undefined) this.urlRules.checkWebhookUrl(body.webhook);
    const model = await this.models.choose(body.model, maxTokensOf(body));
    const images = await this.images.check(draft.images, command.caller.ownerId);
    return this.keeper.keep({
      images,
      limits: command.caller.limits,
      priority: body.policy?.priority ?? 'normal',
      ...(command.idempotency === undefined ? {} : { idempotency: command.idempotency }),
      toRecord: (kept) =>
        toJobRecord(body, draft, {
          ...kept,
          caller: command.caller,
          model,
          baseUrl: command.baseUrl,
          requestId: command.requestId,
        }),
    });
  }
}
