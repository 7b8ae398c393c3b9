import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import {
  type EventType,
  type FinalJobStatus,
  isJobEventType,
  type JobEventType,
  type WebhookEndpointRecord,
  type WebhookEndpointTest,
} from '@tessera/contracts';
import { SafeHttp } from '@tessera/safe-fetch';
import { activeSecrets, deliverWebhook, encodeEvent, toBatchEvent, toJobEvent } from '@tessera/webhooks';
import { WebhookUnreachableError } from '../errors/webhook.errors.js';
import { CONFIG } from '../tokens.js';

/** Time the receiver gets to answer, while a client waits for what it says. */
const TEST_TIMEOUT_MS = 10_000;

/** Sends an endpoint an event that is signed like any other and tells of nothing that exists. */
@Injectable()
export class TestEndpointService implements OnModuleDestroy {
  private readonly http: SafeHttp;

  constructor(@Inject(CONFIG) config: Config) {
    this.http = new SafeHttp(config.network);
  }

  async onModuleDestroy(): Promise<void> {
    await this.http.close();
  }

  /** @throws {WebhookUnreachableError} without an answer */
  async test(record: WebhookEndpointRecord, eventType: EventType): Promise<WebhookEndpointTest> {
    const eventId = `evt_test_${randomBytes(16).toString('hex')}`;
    const outcome = await deliverWebhook(this.http, {
      url: record.url,
      secrets: activeSecrets(record, Date.now()),
      eventId,
      body: toTestBody(eventId, eventType),
      timeoutMs: TEST_TIMEOUT_MS,
    });
    const statusCode = outcome.attempt?.statusCode;
    if (statusCode === undefined) {
      throw new WebhookUnreachableError(outcome.kind === 'delivered' ? 'no answer' : outcome.reason);
    }
    return {
      object: 'webhook_endpoint.test',
      event_type: eventType,
      status_code: statusCode,
      success: true,
      webhook_endpoint_id: record.id,
    };
  }
}

function toTestBody(id: string, type: EventType): string {
  const createdAtSeconds = Math.floor(Date.now() / 1000);
  if (!isJobEventType(type)) {
    return encodeEvent(toBatchEvent('batch_test', { id, type, createdAtSeconds }));
  }
  const urls = { get: '', cancel: '', stream: '' };
  const job = { id: 'job_test', status: STATUSES[type], urls };
  return encodeEvent(toJobEvent(job, { id, type, createdAtSeconds }));
}

const STATUSES: Readonly<Record<JobEventType, FinalJobStatus>> = {
  'job.completed': 'completed',
  'job.failed': 'failed',
  'job.cancelled': 'cancelled',
  'job.expired': 'expired',
};
