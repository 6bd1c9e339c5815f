import { type Scene, shell } from './step.ts';

/** The images the project runs, by their official names. */
export const imageNames = [
  'debian:bookworm-slim',
  'node:24-bookworm-slim',
  'postgres:15-bookworm',
  'redis:7.0-bookworm',
  'haproxy:3.0',
  'haproxy:2.6',
  'mariadb:10.11',
  'rabbitmq:3.10',
  'registry:2',
] as const;
export type ImageName = (typeof imageNames)[number];

/** What the demo of `examples/ecommerce` needs. */
export const demoImages = [
  'node:24-bookworm-slim',
  'postgres:15-bookworm',
  'redis:7.0-bookworm',
  'haproxy:3.0',
  'registry:2',
] as const satisfies readonly ImageName[];

/** Those of the images that the engine does not have. */
export async function missingImages<T extends string>(scene: Scene, names: readonly T[]): Promise<T[]> {
  const inspect = shell(scene)({ reject: false });
  const found = await Promise.all(
    names.map((name) => inspect('docker', ['image', 'inspect', '--format', 'ok', name])),
  );
  return names.filter((_, index) => found[index]?.exitCode !== 0);
}
