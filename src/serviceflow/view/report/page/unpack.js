// Columns of whole numbers as the file packs them: base64, deflate, varints, zigzag. Nothing is loaded for it.
function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
  return bytes;
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Columns by name, each an array of numbers.
async function unpack(packed) {
  const bytes = await inflated(bytesOf(packed.bytes));
  const columns = {};
  let at = 0;
  for (const name of packed.columns) {
    const column = new Float64Array(packed.rows);
    const adds = packed.sorted.includes(name);
    let before = 0;
    for (let row = 0; row < packed.rows; row += 1) {
      let value = 0;
      let factor = 1;
      let byte;
      do {
        byte = bytes[at];
        at += 1;
        value += (byte & 0x7f) * factor;
        factor *= 128;
      } while (byte & 0x80);
      value = value % 2 ? -(value + 1) / 2 : value / 2;
      before = adds ? before + value : value;
      column[row] = before;
    }
    columns[name] = column;
  }
  return columns;
}

// The clock of the model: seconds from time 0 as a date, by the calendar of the chain.
function clock(start, seconds, fine) {
  const date = new Date(Date.parse(`${start}T00:00:00Z`) + seconds * 1000);
  const day = (date.getUTCDay() + 6) % 7;
  const time = date.toISOString().slice(11, fine ? 19 : 16);
  return say(`weekday.${day}`).map((word) => `${word} ${date.toISOString().slice(0, 10)} ${time}`);
}
