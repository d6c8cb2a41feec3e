one:
  file.managed:
    - name: /tmp/x
    - mode: "0644"
    - contents: text
    - user: root
