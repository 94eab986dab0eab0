/**
 * Asks a url as fast as it answers, in a process of its own: `fastest.ts URL SECONDS`. Its clients ask one request after the
 * other. Prints how many answers came, and how many failures.
 */
import autocannon from "autocannon";

const CLIENTS = 50;

const [url = "", seconds = "1"] = process.argv.slice(2);
const { requests, errors, non2xx } = await autocannon({ url, connections: CLIENTS, duration: Number(seconds) });
process.stdout.write(JSON.stringify({ answers: requests.total, failures: errors + non2xx }));
