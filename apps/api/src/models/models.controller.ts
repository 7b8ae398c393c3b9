import { Controller, Get, Inject } from '@nestjs/common';
import { describeListModels } from '../docs/describe-models.js';
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
}
