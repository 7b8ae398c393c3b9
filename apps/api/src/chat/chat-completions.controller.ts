import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { toChatCompletion } from '@tessera/chat-completions';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeCreateChatCompletion } from '../docs/describe-chat-completions.js';
import { InvalidJsonError, UnsupportedMediaTypeError } from '../errors/request.errors.js';
import { connectionSignal } from '../http/connection-signal.js';
import { sendEventStream } from '../http/send-event-stream.js';
import { Shutdown } from '../http/shutdown.js';
import { MAKES_WORK } from '../limits/limit-requests.js';
import { ChatJobsService } from './chat-jobs.service.js';
import { ChatStreamService } from './chat-stream.service.js';
import { type StartedChat, StartChatService } from './start-chat.service.js';

/** Only the log sees it: the client closed the connection before its answer came. */
const CLIENT_GONE_STATUS = 499;

@Controller('v1/chat/completions')
export class ChatCompletionsController {
  constructor(
    @Inject(StartChatService) private readonly starter: StartChatService,
    @Inject(ChatJobsService) private readonly jobs: ChatJobsService,
    @Inject(ChatStreamService) private readonly streams: ChatStreamService,
    @Inject(Shutdown) private readonly shutdown: Shutdown,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(MAKES_WORK)
  @describeCreateChatCompletion()
  async create(@Req() httpRequest: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const draft = this.starter.read(jsonBodyOf(httpRequest));
    const signal = connectionSignal(reply, this.shutdown.signal);
    const caller = callerOf(httpRequest);
    if (draft.stream !== undefined) this.streams.takePlace(caller.ownerId, signal);
    const chat = await this.starter.start(draft, { caller, requestId: httpRequest.id });
    this.jobs.releaseAfter(chat, signal);
    if (chat.stream === undefined) await this.answer(chat, reply, signal);
    else sendEventStream(reply, await this.streams.open(chat, signal));
  }

  private async answer(chat: StartedChat, reply: FastifyReply, signal: AbortSignal): Promise<void> {
    const answer = await this.jobs.waitForAnswer(chat, signal);
    if (answer === undefined) void reply.status(CLIENT_GONE_STATUS).send();
    else void reply.send(toChatCompletion(answer, chat.identity));
  }
}

function jsonBodyOf(httpRequest: FastifyRequest): unknown {
  if (httpRequest.isMultipart()) {
    throw new UnsupportedMediaTypeError(httpRequest.headers['content-type'], 'application/json');
  }
  if (httpRequest.body === undefined) throw new InvalidJsonError('the body is empty');
  return httpRequest.body;
}
