// Digital Bazaar's verifier of Data Integrity proofs over any JSON documents, without a network: an array from
// standard input, an answer for each. A did:key is its own document.
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import jsigs from 'jsonld-signatures';
import {text} from 'node:stream/consumers';

async function documentLoader(url) {
  const [did, key] = url.split('#');
  if(!did.startsWith('did:key:') || (key && did !== `did:key:${key}`)) {
    throw new Error(`not at hand: ${url}`);
  }
  const name = did.slice('did:key:'.length);
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: `${did}#${name}`, type: 'Multikey', controller: did, publicKeyMultibase: name
  };
  const controller = {
    '@context': 'https://www.w3.org/ns/did/v1', id: did, verificationMethod: [method], assertionMethod: [method.id]
  };
  return {contextUrl: null, documentUrl: url, document: key ? method : controller};
}

const answers = [];
for(const document of JSON.parse(await text(process.stdin))) {
  const result = await jsigs.verify(document, {
    suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
    purpose: new jsigs.purposes.AssertionProofPurpose(),
    documentLoader
  });
  answers.push({verified: result.verified, errors: result.error?.errors?.map(String) ?? []});
}
console.log(JSON.stringify(answers));
