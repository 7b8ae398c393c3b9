import { z } from 'zod';
import { integerText, setting } from '../setting.js';

const group = 'Files';
const DOWNLOADS = ['stream', 'redirect'] as const;

export const fileSettings = {
  TESSERA_MAX_FILE_BYTES: setting({
    group,
    description: 'Largest file of `POST /v1/files` and `POST /v1/uploads`.',
    unit: 'bytes',
    default: '8589934592',
    schema: integerText(1, 10 ** 13).default(8 * 1024 ** 3),
  }),
  TESSERA_UPLOAD_IDLE_TIMEOUT_MS: setting({
    group,
    description:
      'Time that the bytes of a file may stand still while it is sent. Files take as long as they need otherwise: ' +
      'TESSERA_REQUEST_TIMEOUT_MS and TESSERA_MAX_BODY_BYTES are for all other requests.',
    unit: 'milliseconds',
    default: '60000',
    schema: integerText(1000, 3_600_000).default(60_000),
  }),
  TESSERA_DOWNLOADS: setting({
    group,
    description:
      'How the content of a file is answered: `stream` sends it, `redirect` sends clients to a signed URL of an S3 store ' +
      '(302), which they must be able to reach. From a folder it is always sent.',
    default: 'stream',
    schema: z.enum(DOWNLOADS, `must be one of ${DOWNLOADS.join(', ')}`).default('stream'),
  }),
};
