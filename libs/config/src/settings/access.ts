import { z } from 'zod';
import { setting } from '../setting.js';

const group = 'Access';
const ADMIN_KEY_RULE = 'must be 16 to 512 printable characters without spaces';
const API_KEY_RULE = 'must be printable characters without spaces';

export const accessSettings = {
  TESSERA_ADMIN_KEY: setting({
    group,
    description:
      "The administrator's key, at least 16 characters: it may do everything, and makes the other keys. Unset: nobody is " +
      'asked for a key, and the API listens on loopback only.',
    secret: true,
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{16,512}$/, ADMIN_KEY_RULE)
      .optional(),
  }),
  TESSERA_API_KEY: setting({
    group,
    description: 'Key that the commands of `tessera` send to the service, unless `--api-key` gives another.',
    secret: true,
    schema: z
      .string()
      .regex(/^[\x21-\x7e]+$/, API_KEY_RULE)
      .optional(),
  }),
};
