x509_signing_policies:
  web:
    - signing_private_key: /etc/pki/family/ca.key
    - signing_cert: /etc/pki/family/ca.crt
    - O: Family
    - basicConstraints: critical, CA:false
    - keyUsage: critical, digitalSignature, keyEncipherment
    - extendedKeyUsage: serverAuth
    - subjectKeyIdentifier: hash
    - authorityKeyIdentifier: keyid:always
