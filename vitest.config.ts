import { defineConfig } from 'vitest/config';
import { softwareVulkanEnvironment } from './libs/testing/src/software-vulkan.js';

// Vitest hands these to Node as well, where `import` or `module` would make `require` load ES modules.
const conditions = ['@tessera/source', 'node'];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };
const softwareVulkan = softwareVulkanEnvironment();

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
          provide: { device: 'cpu' },
          pool: 'forks',
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
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      ...webgpuProjects,
    ],
  },
});
