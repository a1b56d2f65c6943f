// Digital Bazaar's verifier over documents from standard input, without a network: a JSON object with
// `documents` (by address: contexts, DID documents, status lists) and `cases` (credential, now).
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {gunzipSync} from 'node:zlib';
import {text} from 'node:stream/consumers';

const {documents, cases} = JSON.parse(await text(process.stdin));

async function documentLoader(url) {
  const document = documents[url] ?? method(url);
  if(!document) {
    throw new Error(`not at hand: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

// A DID URL with a fragment stands for the key of that name in the DID's document.
function method(url) {
  const found = documents[url.split('#')[0]]?.verificationMethod?.find(one => one.id === url);
  return found && {'@context': 'https://w3id.org/security/multikey/v1', ...found};
}

const verify = (credential, now, checkStatus) => vc.verifyCredential({
  credential,
  now,
  suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
  documentLoader,
  checkStatus
});

// The library leaves reading the list to its caller.
function statusAt(now) {
  return async ({credential}) => {
    for(const entry of [credential.credentialStatus].flat()) {
      const list = documents[entry.statusListCredential];
      const checked = await verify(list, now);
      const {statusPurpose, encodedList} = list.credentialSubject;
      if(!checked.verified || list.issuer !== credential.issuer.id || statusPurpose !== entry.statusPurpose) {
        return {verified: false, error: checked.error};
      }
      const packed = Buffer.from(encodedList.slice(1), 'base64url');
      const index = Number(entry.statusListIndex);
      if(gunzipSync(packed)[index >> 3] >> (7 - (index & 7)) & 1) {
        return {verified: false};
      }
    }
    return {verified: true};
  };
}

const answers = [];
for(const {credential, now} of cases) {
  const result = await verify(credential, now, statusAt(now));
  const errors = result.error?.errors?.map(String) ?? [String(result.error ?? '')];
  answers.push({verified: result.verified, errors, status: result.statusResult?.verified ?? null});
}
console.log(JSON.stringify(answers));
