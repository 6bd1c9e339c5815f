import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SetupOptions {
  /** Folder of compose.yaml. */
  readonly directory: string;
  /** Version that everything starts on. */
  readonly version: string;
  /** Repository of the image; default `ecomweb-api`. */
  readonly image?: string;
  /** Default `ecomweb`. */
  readonly projectName?: string;
  /** Loopback ports; default 8080 and 8404. */
  readonly httpPort?: number;
  readonly statsPort?: number;
  /** More lines for `.env`, by name. */
  readonly more?: Readonly<Record<string, string>>;
}

/**
 * Writes the files that the stack needs before its first start and that must not be in git: `.env` with generated
 * credentials, the map that names the live slot, the folder of HAProxy's socket. Existing files stay as they are.
 * Returns whether `.env` was written.
 */
export async function setUp(options: SetupOptions): Promise<boolean> {
  const { directory } = options;
  await mkdir(join(directory, 'haproxy/maps'), { recursive: true });
  await mkdir(join(directory, 'run/haproxy'), { recursive: true });
  await writeNew(
    join(directory, 'haproxy/maps/live.map'),
    'api ecomweb_api_blue\nweb ecomweb_web_blue\n',
    0o644,
  );
  return writeNew(join(directory, '.env'), environment(options), 0o600);
}

const secret = () => randomBytes(18).toString('base64url');

function environment({
  version,
  image = 'ecomweb-api',
  projectName = 'ecomweb',
  httpPort = 8080,
  statsPort = 8404,
  more,
}: SetupOptions) {
  const values = {
    COMPOSE_PROJECT_NAME: projectName,
    SHOP_IMAGE: image,
    HTTP_PORT: httpPort,
    STATS_PORT: statsPort,
    POSTGRES_PASSWORD: secret(),
    REDIS_PASSWORD: secret(),
    STATS_USER: 'stats',
    STATS_PASSWORD: secret(),
    // HAProxy runs as you, so that its socket is yours.
    HAPROXY_UID: process.getuid?.() ?? 0,
    // From here on Cutover keeps these.
    COMPOSE_PROFILES: 'blue',
    API_BLUE_IMAGE: `${image}:${version}`,
    API_GREEN_IMAGE: `${image}:${version}`,
    WEB_BLUE_IMAGE: `${image}:${version}`,
    WEB_GREEN_IMAGE: `${image}:${version}`,
    CRON_IMAGE: `${image}:${version}`,
    WORKER_IMAGE: `${image}:${version}`,
    MIGRATE_IMAGE: `${image}:${version}`,
    ...more,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Writes a file only where there is none. */
async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  try {
    await writeFile(path, text, { mode, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
