import {
  DeployError,
  type DeployErrorCode,
  type DeployEvent,
  type Deployment,
  type StopVerdict,
} from '@cutover/compose';
import { SIGNALS, shopDeployment } from '../deployment.ts';
import type { Switch } from './figures.ts';
import type { Screen, StepNotes } from './screen.ts';
import type { Stack } from './stack.ts';

/** The shop's deployments, with the facts that the demo reports. */
export interface Deployments {
  readonly switches: Switch[];
  readonly stops: StopVerdict[];
  /** Images that were pulled for a deployment. */
  readonly pulled: string[];
  /** What the job of each deployment said. */
  readonly migrations: string[];
  deploy(version: string): Promise<void>;
  /** Deploys a version that must not take traffic. Rejects if it did, or was refused for another reason. */
  deployUnready(version: string): Promise<void>;
  /** Deploys a healthy version that fails requests. Rejects if it was not sent back for that. */
  deployFailing(version: string): Promise<void>;
  /** Changes a variable in `.env` and deploys what runs with it. */
  refresh(name: string, value: string): Promise<void>;
  /** To the release called `to`, else to the one before. */
  rollback(title: string, to?: string): Promise<void>;
}

export function createDeployments(
  { directory, image, set, url }: Stack,
  { screen, signal }: { screen: Screen; signal: AbortSignal },
): Deployments {
  const switches: Switch[] = [];
  const stops: StopVerdict[] = [];
  const pulled: string[] = [];
  const migrations: string[] = [];
  const run = (title: string, act: (deployment: Deployment) => Promise<unknown>, gate = 60_000) =>
    screen.step(title, async (notes) => {
      const onEvent = (event: DeployEvent) => {
        show(event, notes);
        if (event.type === 'stopped') stops.push(event.stop);
        if (event.type === 'pulled') pulled.push(event.image);
        migrations.push(...migrationsIn(event));
        if (event.type !== 'done' || event.step.do !== 'switch') return;
        switches.push({ text: event.step.text, at: Date.now(), took: event.duration });
      };
      // Shorter than in production: the demo shows the order of the steps, not the waits.
      const patience = {
        gate: { consecutive: 3, stableFor: 2_000, timeout: gate },
        watch: { for: 2_000, signals: SIGNALS },
      };
      await act(shopDeployment(directory, { ...patience, onEvent }));
    });
  const deploy = (version: string) => (deployment: Deployment) =>
    deployment.deploy({ image: image(version) }, { signal });
  return {
    switches,
    stops,
    pulled,
    migrations,
    deploy: (version) => run(`deploy ${version}`, deploy(version)),
    deployUnready: (version) =>
      run(
        `deploy ${version}, which never becomes ready: refused`,
        expectError('gate-failed', deploy(version)),
        12_000,
      ),
    deployFailing: (version) =>
      run(
        `deploy ${version}, which is healthy and fails requests: sent back`,
        expectError('watch-failed', deploy(version)),
      ),
    refresh: (name, value) =>
      run(`change ${name} in .env and refresh`, async (deployment) => {
        await set(name, value);
        await deployment.refresh({ signal });
        await expectText(url, value);
      }),
    rollback: (title, to) =>
      run(title, (deployment) => deployment.rollback({ signal, ...(to !== undefined && { to }) })),
  };
}

async function expectText(url: string, text: string): Promise<void> {
  const page = await (await fetch(url)).text();
  if (!page.includes(text)) throw new Error(`the page does not say "${text}"`);
}

/** Rejects unless it fails with that code and leaves everything as it was. */
const expectError =
  (code: DeployErrorCode, deploy: (deployment: Deployment) => Promise<unknown>) =>
  async (deployment: Deployment): Promise<void> => {
    const before = await deployment.status();
    try {
      await deploy(deployment);
    } catch (error) {
      if (!(error instanceof DeployError) || error.code !== code) throw error;
      const after = await deployment.status();
      if (images(after) === images(before) && after.live === before.live) return;
      throw new Error(
        `after the failure other things run than before: ${images(after)}, not ${images(before)}`,
      );
    }
    throw new Error(`a version was deployed that had to end in ${code}`);
  };

/** What runs where, as one text that can be compared. */
const images = ({ slots, background }: Awaited<ReturnType<Deployment['status']>>): string =>
  [...Object.values(slots), ...Object.values(background)]
    .flatMap(({ containers }) =>
      (containers ?? [])
        .filter(({ running }) => running)
        .map(({ service, image }) => `${service} on ${image}`),
    )
    .sort()
    .join(', ');

/** What the job said; an API that fails says the like of its own start. */
const migrationsIn = (event: DeployEvent): readonly string[] =>
  event.type === 'output' && event.container.includes('ecomweb_migrate')
    ? event.lines.filter((line) => line.startsWith('migrations'))
    : [];

function show(event: DeployEvent, { now, tell }: StepNotes): void {
  for (const line of migrationsIn(event)) tell(line);
  // What changed but for the images, which the title names.
  if (event.type === 'deploying')
    for (const reason of event.intent.because) if (!reason.includes('→')) tell(reason);
  if (event.type === 'pulled') tell(`pulled ${event.image}`);
  if (event.type === 'step') now(event.step.do);
  if (event.type === 'progress') now(`${event.step.do}, ${event.note}`);
  if (event.type === 'done') tell(`✓ ${event.step.do} (${(event.duration / 1000).toFixed(1)} s)`);
  if (event.type === 'failed') tell(`✗ ${event.step.do}: ${event.reason}`);
  if (event.type === 'stopped') tell(`${event.stop.service} stopped: ${event.stop.verdict}`);
  if (event.type === 'undoing') tell(`going back: ${event.reason.split('; wanted ')[0]}`);
}
