import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { startVersitygw } from '@tessera/testing';
import { describeS3Store } from './describe-s3-store.js';

describeS3Store('S3 (versitygw)', async () => {
  const server = await startVersitygw();
  const { endpoint, bucket } = server;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  return {
    endpoint,
    bucket,
    unfinishedUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.map(({ UploadId = '' }) => UploadId);
    },
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
});
