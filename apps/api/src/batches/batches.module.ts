import { Module } from '@nestjs/common';
import { BatchResultsController } from './batch-results.controller.js';
import { BatchesController } from './batches.controller.js';
import { BatchesService } from './batches.service.js';
import { KeepBatchService } from './keep-batch.service.js';

@Module({
  controllers: [BatchesController, BatchResultsController],
  providers: [BatchesService, KeepBatchService],
})
export class BatchesModule {}
