import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadSecrets, signatureHeaders } from "../../../daemon/outputs/webhook-signature.js";
import { tempFolder } from "../../store-fixture.js";

const folder = tempFolder();
afterAll(() => folder.remove());

function fileOf(text: string): string {
  const path = join(folder.path, "secret");
  writeFileSync(path, text);
  return path;
}

describe("the signature of a webhook", () => {
  it("is that of the example of Standard Webhooks", () => {
    const secrets = loadSecrets(fileOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"));
    const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
    expect(signatureHeaders(message, secrets)["webhook-signature"]).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  it("is made with every secret of the file", () => {
    const secrets = loadSecrets(fileOf("# new\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n\nsixteen bytes or so\n"));
    expect(signatureHeaders({ id: "a", timestamp: 1, body: "" }, secrets)["webhook-signature"]).toMatch(
      /^v1,\S{44} v1,\S{44}$/,
    );
  });

  it("is left out where there is no secret", () => {
    expect(signatureHeaders({ id: "a", timestamp: 1, body: "" }, [])).toEqual({
      "webhook-id": "a",
      "webhook-timestamp": "1",
    });
  });

  it.each([
    ["# nothing\n", "it holds no secret"],
    ["short\n", ":1: a secret has 16 bytes or more"],
    ["\nwhsec_a.b\n", ":2: what follows whsec_ is not base64"],
  ])("cannot be made with a file that says %j", (text, expected) => {
    expect(() => loadSecrets(fileOf(text))).toThrow(expected);
  });

  it("cannot be made with a file that is not there, and the secret is never told", () => {
    expect(() => loadSecrets("/nowhere/secret")).toThrow("cannot use the secret of /nowhere/secret: ENOENT");
    expect(() => loadSecrets(fileOf("whsec_hush!\n"))).not.toThrow(/hush/);
  });
});
