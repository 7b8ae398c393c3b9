import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { type OwnerUsageObject } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeGetKeyUsage, describeGetUsage } from '../docs/describe-usage.js';
import { UsageService } from './usage.service.js';

@Controller('v1')
export class UsageController {
  constructor(@Inject(UsageService) private readonly usage: UsageService) {}

  @Get('usage')
  @describeGetUsage()
  get(@Req() httpRequest: FastifyRequest): Promise<OwnerUsageObject> {
    return this.usage.of(callerOf(httpRequest));
  }

  @Get('admin/keys/:id/usage')
  @describeGetKeyUsage()
  ofKey(@Param('id') id: string): Promise<OwnerUsageObject> {
    return this.usage.ofKey(id);
  }
}
