"""The life of every resource, told by azure-mgmt-batchai 0.2.0, which speaks api-version 2017-09-01-preview.

Its clusters, jobs and file servers lie directly in a resource group. What later versions show of them is told by
requests without an SDK, since both cannot be installed side by side.
"""

import requests

from azure.mgmt.batchai import BatchAIManagementClient
from azure.mgmt.batchai import models

import service
from service import GROUP, refused, wait_until, word

client = service.client(BatchAIManagementClient)

ADMIN = models.UserAccountSettings(admin_user_name="demo", admin_user_password="Dem0Pa$$w0rd")
REGION = "eastus"
ROOT = "$AZ_BATCHAI_MOUNT_ROOT"


def share():
    return models.AzureFileShareReference(
        account_name="account",
        azure_file_url="https://account.file.core.windows.net/share",
        credentials=models.AzureStorageCredentialsInfo(account_key="c3RvcmFnZSBrZXk="),
        relative_mount_path="share",
    )


def manual(nodes):
    return models.ScaleSettings(manual=models.ManualScaleSettings(target_node_count=nodes))


def make_cluster(nodes, name="c", volumes=None, **more):
    """A cluster of `nodes` nodes with a share at `share`; answers it with all of them idle."""
    volumes = volumes or models.MountVolumes(azure_file_shares=[share()])
    parameters = models.ClusterCreateParameters(
        location=REGION, vm_size="STANDARD_D1", user_account_settings=ADMIN, scale_settings=manual(nodes),
        node_setup=models.NodeSetup(mount_volumes=volumes), **more,
    )
    client.clusters.create(GROUP, name, parameters).result()
    return wait_for_nodes(nodes, name)


def wait_for_nodes(nodes, name="c"):
    def ready():
        cluster = client.clusters.get(GROUP, name)
        is_ready = cluster.current_node_count == nodes and cluster.node_state_counts.idle_node_count == nodes
        return cluster if is_ready and word(cluster.allocation_state) == "steady" else None

    return wait_until(f"{nodes} nodes of {name} are idle", ready)


def job_of(command, **more):
    return models.JobCreateParameters(
        location=REGION,
        cluster=models.ResourceId(client.clusters.get(GROUP, "c").id),
        node_count=1,
        std_out_err_path_prefix=more.pop("std_out_err_path_prefix", f"{ROOT}/share"),
        custom_toolkit_settings=models.CustomToolkitSettings(command_line=command),
        **more,
    )


def make_job(name, command, **more):
    return client.jobs.create(GROUP, name, job_of(command, **more)).result()


def job_in(name, *states):
    """The job, as soon as it is in one of these states."""
    def reached():
        job = client.jobs.get(GROUP, name)
        return job if word(job.execution_state) in states else None

    return wait_until(f"{name} is {' or '.join(states)}", reached)


def files_of(name, directory_id, **more):
    options = models.JobsListOutputFilesOptions(outputdirectoryid=directory_id, **more)
    return {file.name: file for file in client.jobs.list_output_files(GROUP, name, options)}


def names_of(resources):
    return sorted(resource.name for resource in resources)


def seen_from_2018_05_01(path):
    """What the later version says of a resource below the workspace of migrated resources."""
    base = f"{service.ENDPOINT}/subscriptions/{service.SUBSCRIPTION}/resourceGroups/{GROUP}"
    url = f"{base}/providers/Microsoft.BatchAI/workspaces/migrated-{REGION}/{path}?api-version=2018-05-01"
    answer = requests.get(url, headers={"Authorization": service.AUTHORIZATION}, timeout=service.PATIENCE)
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    return answer.json()


def clusters():
    made = make_cluster(1, tags={"a": "1"})
    assert (made.name, made.location, made.vm_size, made.tags) == ("c", REGION, "STANDARD_D1", {"a": "1"}), made
    base = f"/subscriptions/{service.SUBSCRIPTION}/resourceGroups/{GROUP.lower()}/providers/Microsoft.BatchAI"
    assert made.id.lower() == f"{base}/clusters/c".lower(), made.id
    assert word(made.provisioning_state) == "succeeded" and made.user_account_settings.admin_user_password is None
    assert "c3RvcmFnZSBrZXk" not in client.clusters.get(GROUP, "c", raw=True).response.text
    make_cluster(0, name="with.dots")
    assert names_of(client.clusters.list()) == ["c", "with.dots"]
    assert names_of(client.clusters.list_by_resource_group(GROUP)) == ["c", "with.dots"]
    assert names_of(client.clusters.list_by_resource_group("another")) == []
    shrunk = client.clusters.update(GROUP, "c", tags={"b": "2"}, scale_settings=manual(0))
    assert (shrunk.tags, shrunk.scale_settings.manual.target_node_count) == ({"b": "2"}, 0), shrunk
    wait_for_nodes(0)
    assert seen_from_2018_05_01("clusters/c")["properties"]["allocationState"] == "steady"
    client.clusters.delete(GROUP, "c").result()
    with refused(404):
        client.clusters.get(GROUP, "c")
    client.clusters.delete(GROUP, "c").result()
    assert names_of(client.clusters.list()) == ["with.dots"]


def remote_login():
    make_cluster(1)
    [node] = client.clusters.list_remote_login_information(GROUP, "c")
    assert node.node_id.startswith("tvm-") and node.ip_address and node.port > 0, node
    make_job("sleeps", "sleep 1000")
    job_in("sleeps", "running")
    [same] = client.jobs.list_remote_login_information(GROUP, "sleeps")
    assert same.node_id == node.node_id, same


def file_servers():
    parameters = models.FileServerCreateParameters(
        location=REGION,
        vm_size="STANDARD_D1",
        ssh_configuration=models.SshConfiguration(user_account_settings=ADMIN),
        data_disks=models.DataDisks(disk_size_in_gb=10, disk_count=2, storage_account_type="Standard_LRS"),
    )
    made = client.file_servers.create(GROUP, "nfs", parameters).result()
    assert (made.name, made.location, word(made.provisioning_state)) == ("nfs", REGION, "succeeded"), made
    assert made.mount_settings.mount_point and made.data_disks.disk_count == 2, made
    assert names_of(client.file_servers.list()) == ["nfs"]
    assert names_of(client.file_servers.list_by_resource_group(GROUP)) == ["nfs"]
    mounted = models.FileServerReference(file_server=models.ResourceId(made.id), relative_mount_path="nfs")
    make_cluster(1, volumes=models.MountVolumes(file_servers=[mounted]))
    make_job("writes", f"echo kept > {ROOT}/nfs/f", std_out_err_path_prefix=f"{ROOT}/nfs")
    job_in("writes", "succeeded")
    client.jobs.delete(GROUP, "writes").result()
    client.clusters.delete(GROUP, "c").result()
    client.file_servers.delete(GROUP, "nfs").result()
    with refused(404):
        client.file_servers.get(GROUP, "nfs")


def jobs():
    make_cluster(1)
    parameters = job_of(
        "test $NAME = value && echo hi | tee $AZ_BATCHAI_OUTPUT_MODEL/result.txt",
        experiment_name="first",
        priority=5,
        environment_variables=[models.EnvironmentSetting("NAME", "value")],
        input_directories=[models.InputDirectory("DATA", f"{ROOT}/share/data")],
        output_directories=[models.OutputDirectory("MODEL", f"{ROOT}/share", path_suffix="models", type="model")],
        job_preparation=models.JobPreparation("echo prepared"),
    )
    made = client.jobs.create(GROUP, "j", parameters).result()
    assert (made.name, made.priority, made.experiment_name, word(made.tool_type)) == ("j", 5, "first", "custom"), made
    assert word(made.output_directories[0].type) == "model" and made.output_directories[0].create_new, made
    done = job_in("j", "succeeded", "failed")
    assert (word(done.execution_state), done.execution_info.exit_code) == ("succeeded", 0), done.execution_info
    assert made.creation_time <= done.execution_info.start_time <= done.execution_info.end_time, done
    logs = files_of("j", "stdouterr")
    assert service.download(logs["stdout.txt"].download_url) == b"hi\n"
    model = files_of("j", "MODEL", max_results=1)
    assert list(model) == ["result.txt"] and model["result.txt"].content_length == 3, model
    assert service.download(model["result.txt"].download_url, first=1) == b"i\n"
    seen = seen_from_2018_05_01("experiments/migrated/jobs/j")["properties"]
    assert (seen["schedulingPriority"], seen["executionState"]) == ("high", "succeeded"), seen
    assert names_of(client.jobs.list()) == names_of(client.jobs.list_by_resource_group(GROUP)) == ["j"]
    client.jobs.delete(GROUP, "j").result()
    with refused(404):
        client.jobs.get(GROUP, "j")
    assert list(client.jobs.list()) == []


def failing_jobs():
    make_cluster(1)
    make_job("fails", "exit 3")
    assert job_in("fails", "failed").execution_info.exit_code == 3
    make_job("unprepared", "echo never", job_preparation=models.JobPreparation("exit 4"))
    failed = job_in("unprepared", "failed").execution_info
    assert failed.exit_code == 4 and failed.errors[0].message, failed


def termination():
    make_cluster(1)
    make_job("running", "sleep 1000")
    job_in("running", "running")
    make_job("queued", "echo hi")
    for name in ["queued", "running"]:
        client.jobs.terminate(GROUP, name).result()
        ended = job_in(name, "failed").execution_info
        assert (ended.exit_code, ended.errors[0].code) == (None, "JobTerminate"), ended
    make_job("finished", "echo hi")
    job_in("finished", "succeeded")
    client.jobs.terminate(GROUP, "finished").result()
    assert word(client.jobs.get(GROUP, "finished").execution_state) == "succeeded"


def lists():
    make_cluster(0)
    for name in ["a", "b", "d"]:
        make_job(name, "echo hi", priority=-1 if name == "d" else 0)
    options = models.JobsListByResourceGroupOptions(max_results=1)
    pages = client.jobs.list_by_resource_group(GROUP, jobs_list_by_resource_group_options=options)
    assert service.sizes_of(pages) == [1, 1, 1]
    options = models.JobsListByResourceGroupOptions(filter="name eq 'a' or properties/priority eq -1", max_results=1)
    found = client.jobs.list_by_resource_group(GROUP, jobs_list_by_resource_group_options=options)
    assert names_of(found) == ["a", "d"]
    with refused(400):
        list(client.jobs.list(models.JobsListOptions(filter="startswith(name, 'a')")))


def errors():
    with refused(404, "ResourceNotFound"):
        client.clusters.get(GROUP, "none")
    with refused(404, "ResourceNotFound"):
        client.jobs.terminate(GROUP, "none").result()
    make_cluster(0)
    with refused(400) as body:
        wrong = [models.OutputDirectory(f"not an id {number}", "/tmp") for number in range(2)]
        make_job("j", "echo hi", output_directories=wrong)
    assert len(body[0]["details"]) == 2, body
    parameters = job_of("echo hi")
    client.jobs.create(GROUP, "j", parameters).result()
    client.jobs.create(GROUP, "j", parameters).result()
    with refused(409):
        make_job("j", "echo another")


def operations():
    assert any(operation.name.startswith("Microsoft.BatchAI/") for operation in client.operations.list())


service.run([
    clusters, remote_login, file_servers, jobs, failing_jobs, termination, lists, errors, operations,
])
