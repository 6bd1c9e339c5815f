// One process in fork mode: two would run each tick twice. Drain (80 s) < kill_timeout (85 s) < 90 s in compose.yaml.
module.exports = {
  apps: [
    {
      name: 'cron',
      script: 'dist/cron.js',
      exec_mode: 'fork',
      instances: 1,
      wait_ready: true,
      listen_timeout: 60_000,
      kill_timeout: 85_000,
      // The image has no ps, without which PM2 cannot find a tree; the app ends what it starts.
      treekill: false,
    },
  ],
};
