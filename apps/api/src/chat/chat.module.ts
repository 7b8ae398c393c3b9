import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { ChatJobsService } from './chat-jobs.service.js';
import { ChatStreamService } from './chat-stream.service.js';
import { StartChatService } from './start-chat.service.js';

@Module({
  imports: [JobsModule, ModelsModule],
  controllers: [ChatCompletionsController],
  providers: [ChatJobsService, ChatStreamService, StartChatService],
})
export class ChatModule {}
