import { Controller, Get, Inject, Param } from '@nestjs/common';
import { describeGetModel, describeListModels } from '../docs/describe-models.js';
import { ModelNotFoundError } from '../errors/job.errors.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { ModelsService } from './models.service.js';
import { type ModelObject, toModelObjects } from './to-model-list.js';

@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(ModelsService) private readonly models: ModelsService) {}

  @Get()
  @describeListModels()
  async list(): Promise<ListEnvelope<ModelObject>> {
    return toListEnvelope(toModelObjects(await this.models.available()), false);
  }

  /** @param id may have slashes, written as %2F */
  @Get(':id')
  @describeGetModel()
  async get(@Param('id') id: string): Promise<ModelObject> {
    const models = toModelObjects(await this.models.available());
    const model = models.find((each) => each.id === id);
    if (model === undefined) {
      throw new ModelNotFoundError(
        id,
        models.map((each) => each.id),
      );
    }
    return model;
  }
}
