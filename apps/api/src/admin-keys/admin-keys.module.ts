import { Module } from '@nestjs/common';
import { AdminKeysController } from './admin-keys.controller.js';
import { AdminKeysService } from './admin-keys.service.js';

@Module({ controllers: [AdminKeysController], providers: [AdminKeysService] })
export class AdminKeysModule {}
