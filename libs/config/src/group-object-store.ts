import { resolve } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { type SettingValues } from './read-settings.js';

/**
 * The object store, and the buckets that images may come from; both on the same S3 service.
 * @throws {ConfigurationError} for a KMS key without its encryption
 */
export function groupObjectStore(
  values: SettingValues,
  { workingDirectory, dataDirectory }: { workingDirectory: string; dataDirectory: string },
) {
  const service = groupService(values);
  const place = values.TESSERA_STORE ?? { kind: 'folder' as const, path: resolve(dataDirectory, 'store') };
  return {
    store:
      place.kind === 'folder'
        ? { kind: place.kind, directory: resolve(workingDirectory, place.path) }
        : { ...place, service },
    inputs: { buckets: values.TESSERA_INPUT_BUCKETS, service },
  };
}

function groupService(values: SettingValues) {
  const endpoint = values.TESSERA_S3_ENDPOINT;
  return {
    endpoint,
    region: values.TESSERA_S3_REGION,
    pathStyle: values.TESSERA_S3_PATH_STYLE ?? endpoint !== undefined,
    encryption: groupEncryption(values),
  };
}

function groupEncryption({ TESSERA_S3_ENCRYPTION: algorithm, TESSERA_S3_KMS_KEY: keyId }: SettingValues) {
  if (keyId !== undefined && algorithm !== 'aws:kms') {
    const message = 'is only for TESSERA_S3_ENCRYPTION=aws:kms; set that too, or leave the key out';
    throw new ConfigurationError([{ name: 'TESSERA_S3_KMS_KEY', message }]);
  }
  return algorithm === undefined ? undefined : { algorithm, keyId };
}
