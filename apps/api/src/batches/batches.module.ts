import { Module } from '@nestjs/common';
import { BatchesController } from './batches.controller.js';
import { BatchesService } from './batches.service.js';
import { KeepBatchService } from './keep-batch.service.js';

@Module({ controllers: [BatchesController], providers: [BatchesService, KeepBatchService] })
export class BatchesModule {}
