import { defineConfig } from 'vitest/config';
import { softwareVulkanEnvironment } from './libs/testing/src/software-vulkan.js';
import { TEST_S3_CREDENTIALS } from './libs/testing/src/test-s3-credentials.js';
import { isVersitygwInstalled } from './libs/testing/src/versitygw-binary.js';

// Vitest hands these to Node as well, where `import` or `module` would make `require` load ES modules.
const conditions = ['@tessera/source', 'node'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };
const softwareVulkan = softwareVulkanEnvironment();

/** Tests on a server that is installed only where there is Go; `npm test` says when they are left out. */
const versitygwTests = isVersitygwInstalled() ? [] : ['test/integration/storage/versitygw.test.ts'];

/** Only where a software Vulkan driver is installed; `npm test` installs one or says that these tests are left out. */
const webgpuProjects =
  softwareVulkan === undefined
    ? []
    : [
        {
          ...shared,
          test: {
            name: 'webgpu',
            include: [
              'test/webgpu/**/*.test.ts',
              'test/integration/engine/{golden,independence,reuse,failures}.test.ts',
            ],
            provide: { device: 'webgpu' },
            pool: 'forks' as const,
            env: softwareVulkan,
            testTimeout: 120_000,
            hookTimeout: 120_000,
          },
        },
      ];

export default defineConfig({
  test: {
    reporters: ['default'],
    maxWorkers: 2,
    projects: [
      { ...shared, test: { name: 'unit', include: ['{apps,libs}/**/src/**/*.test.ts'], pool: 'forks' } },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['test/{integration,golden,load,chaos}/**/*.test.ts'],
          exclude: versitygwTests,
          provide: { device: 'cpu' },
          pool: 'forks',
          env: TEST_S3_CREDENTIALS,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          env: TEST_S3_CREDENTIALS,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      ...webgpuProjects,
    ],
  },
});
