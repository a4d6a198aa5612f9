"""A manifest for Kubernetes: one server with its own volume, because a data folder has one server at a time."""

from installer.targets.docker import DATA, HOME, PORT, USER

_GRACE_SECONDS = 30


def manifest(version: str, public_url: str) -> str:
    """Service, StatefulSet and its claim of a volume, as YAML; the image is that of `--target docker`."""
    environment = (
        f"""
            - name: MONODESK_PUBLIC_URL
              value: "{public_url}"
""".rstrip()
        if public_url
        else ""
    )
    return f"""# Push the image of `monodesk install --target docker` where your cluster finds it, name it here, then:
#   kubectl apply --filename monodesk.yaml
#   kubectl exec monodesk-0 -- {HOME}/monodesk setup --link
apiVersion: v1
kind: Service
metadata:
  name: monodesk
  labels:
    app.kubernetes.io/name: monodesk
    app.kubernetes.io/version: "{version}"
spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: monodesk
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: monodesk
  labels:
    app.kubernetes.io/name: monodesk
    app.kubernetes.io/version: "{version}"
spec:
  serviceName: monodesk
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: monodesk
  template:
    metadata:
      labels:
        app.kubernetes.io/name: monodesk
        app.kubernetes.io/version: "{version}"
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {_GRACE_SECONDS}
      securityContext:
        runAsNonRoot: true
        runAsUser: {USER}
        runAsGroup: {USER}
        fsGroup: {USER}
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: monodesk
          image: monodesk:{version}
          imagePullPolicy: IfNotPresent
          args: ["serve"]
          env:
            - name: MONODESK_DATA
              value: {DATA}/desk
            - name: MONODESK_LISTEN
              value: 0.0.0.0:{PORT}{environment}
          ports:
            - name: http
              containerPort: {PORT}
          startupProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 2
            failureThreshold: 150
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 5
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 512Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: ["ALL"]
          volumeMounts:
            - name: data
              mountPath: {DATA}
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {{}}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: ["ReadWriteOnce"]
        resources:
          requests:
            storage: 10Gi
"""
