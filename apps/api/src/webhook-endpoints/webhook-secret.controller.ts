import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type WebhookSecret } from '@tessera/contracts';
import { loadWebhookSecret, secretOfOwner } from '@tessera/webhooks';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeGetWebhookSecret } from '../docs/describe-webhook-endpoints.js';
import { CONFIG } from '../tokens.js';

@Controller('v1/webhooks/default')
export class WebhookSecretController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Where none is configured it is read each time: the dispatcher may have made it since. */
  @Get('secret')
  @describeGetWebhookSecret()
  async get(
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookSecret> {
    const { data, webhooks } = this.config;
    const secret = await loadWebhookSecret({
      dataDirectory: data.directory,
      ...(webhooks.secret === undefined ? {} : { configured: webhooks.secret }),
    });
    reply.header('cache-control', 'no-store');
    return { key: secretOfOwner(secret, callerOf(httpRequest).ownerId) };
  }
}
