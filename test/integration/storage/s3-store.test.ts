import { startTestS3 } from '@tessera/testing';
import { describeS3Store } from './describe-s3-store.js';

// This server makes a file of a key's last segment and 22 characters more, and lists all in one page.
describeS3Store('S3 (s3rver)', startTestS3, { longestSegment: 233, manyKeys: 150 });
