;; tries: import the host in a version that there is not
;; expect: refused: it is built for `herald:policy/host@2.0.0`
(component (import "herald:policy/host@2.0.0" (instance)))
