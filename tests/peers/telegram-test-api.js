// telegram-test-api, somebody else's server of the Bot API, under our poller. It ignores offset and timeout and gives each update
// at most once, so this shows that our requests and our reading fit another's server, and no more.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const TelegramServer = require('telegram-test-api');

const TOKEN = '1001:reader';
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, look) {
  for (let round = 0; round < 200; round += 1) {
    const found = await look();
    if (found) return found;
    await sleep(100);
  }
  throw new Error(`it did not come to this: ${what}`);
}

function freePort() {
  return new Promise((found, failed) => {
    const taken = net.createServer().on('error', failed);
    taken.listen(0, '127.0.0.1', () => {
      const { port } = taken.address();
      taken.close(() => found(port));
    });
  });
}

async function main(recon) {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'recon-peer-'));
  const server = new TelegramServer({ port: await freePort(), host: '127.0.0.1' });
  await server.start();
  const daemon = spawn(recon, ['run', '--data-dir', data, '--set', 'service.bind=127.0.0.1:0', '--set', 'worker.bind=127.0.0.1:0', '--set', 'wallet.bind=127.0.0.1:0', '--set', 'admin.bind=127.0.0.1:0',
    '--set', 'log.format=json', '--set', `telegram.api_url=${server.config.apiURL}`, '--set', 'telegram.poll_timeout=1s']);
  let log = '';
  daemon.stderr.on('data', (chunk) => { log += chunk; });
  try {
    const address = await until('the daemon serves', () => /"recon is ready","service.address":"([^"]*)"/.exec(log)?.[1]);
    const token = fs.readFileSync(path.join(data, 'service.token'), 'utf8').trim();
    const api = async (method, url, body) => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const answer = await fetch(`http://${address}/internal/v2${url}`, { method, headers, body: body && JSON.stringify(body) });
      return answer.json();
    };
    const bot = await api('POST', '/telegram/bots', { name: 'peer', token: TOKEN });
    if (!bot.id) throw new Error(JSON.stringify(bot));
    const client = server.getClient(TOKEN);
    for (let number = 1; number <= 5; number += 1) {
      await client.sendMessage(client.makeMessage(`sms from 15881688 with text: "입금 ${number}"`));
    }
    const found = await until('five messages', async () => {
      const { items } = await api('GET', '/sms');
      return items.length >= 5 && items;
    });
    const texts = found.map((sms) => `${sms.sender} ${sms.text}`).reverse();
    const expected = [1, 2, 3, 4, 5].map((number) => `15881688 입금 ${number}`);
    if (JSON.stringify(texts) !== JSON.stringify(expected)) throw new Error(JSON.stringify(texts));
    console.log('telegram-test-api: our poller reads it');
  } catch (error) {
    console.error(log);
    throw error;
  } finally {
    daemon.kill('SIGTERM');
    await server.stop();
    fs.rmSync(data, { recursive: true, force: true });
  }
}

main(process.argv[2]).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
