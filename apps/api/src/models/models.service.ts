import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type JobStore } from '@tessera/queue';
import { type AvailableModels, checkMaxTokens, chooseModel } from '../jobs/choose-model.js';
import { CONFIG, JOB_STORE } from '../tokens.js';

@Injectable()
export class ModelsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
  ) {}

  async available(): Promise<AvailableModels> {
    return { served: await this.jobStore.servedModels(), acceptedIds: this.config.model.acceptedIds };
  }

  /**
   * The model that answers a request.
   * @throws {ModelNotFoundError | MissingParameterError | ContextLengthExceededError}
   */
  async choose(
    requested: string | undefined,
    maxTokens: { value: number; param: string } | undefined,
  ): Promise<string> {
    const models = await this.available();
    const id = chooseModel(requested, models);
    checkMaxTokens(
      maxTokens,
      models.served.find((model) => model.id === id),
    );
    return id;
  }
}
