// SPDX-License-Identifier: Apache-2.0
// Node's fetch as it comes: node fetch.js ORIGIN COUNT AT-ONCE PATH...
// Asks for the paths in turn, some at once, and prints "status pod uri" of each reply in order.

const [origin, count, atOnce, ...paths] = process.argv.slice(2);

async function ask(number) {
    const path = paths[number % paths.length] + number;
    const reply = await fetch(origin + path);
    const uri = (await reply.text()).match(/^uri=(.*)$/m);
    return `${reply.status} ${reply.headers.get("x-pod")} ${uri ? uri[1] : "-"}`;
}

async function main() {
    for (let number = 0; number < Number(count); number += Number(atOnce)) {
        const together = Array.from({length: Number(atOnce)}, (_, index) => ask(number + index));
        for (const line of await Promise.all(together))
            console.log(line);
    }
}

main();
