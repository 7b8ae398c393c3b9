import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { CreateJobService } from './create-job.service.js';
import { JobImagesService } from './job-images.service.js';
import { JobStreamController } from './job-stream.controller.js';
import { JobStreamService } from './job-stream.service.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { KeepJobService } from './keep-job.service.js';
import { UrlRulesService } from './url-rules.service.js';

@Module({
  imports: [ModelsModule],
  controllers: [JobsController, JobStreamController],
  providers: [
    CreateJobService,
    JobImagesService,
    JobsService,
    JobStreamService,
    KeepJobService,
    UrlRulesService,
  ],
  exports: [JobImagesService, KeepJobService, UrlRulesService],
})
export class JobsModule {}
